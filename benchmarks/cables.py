"""A cable: TCP to another address, that can be cut."""

import socket
import struct
import threading

# Closing then resets the connection.
ABRUPT = struct.pack("ii", 1, 0)


class Cable:
    """Takes connections at `address` and carries them on to `target`."""

    def __init__(self, target):
        host, port = target.split(":")
        self.target, self.ends, self.is_there = (host, int(port)), set(), True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = self.connect()
            if server is None:
                self.close(client)
                continue
            self.ends |= {client, server}
            if not self.is_there:
                self.cut()
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def connect(self):
        try:
            server = socket.create_connection(self.target, 5) if self.is_there else None
        except OSError:
            return None
        if server is not None:
            # It may be silent for as long as it likes.
            server.settimeout(None)
        return server

    def carry(self, one, other):
        try:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        self.ends -= {one, other}
        self.close(one)
        self.close(other)

    @staticmethod
    def close(end):
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
            # Wakes who waits for it as well.
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()

    def cut(self):
        """Cuts what is connected now."""
        for end in list(self.ends):
            self.close(end)

    def refuse(self):
        """Cuts, and takes no new connection; gives how it is taken back."""
        self.is_there = False
        self.cut()

        def mend():
            self.is_there = True
        return mend
