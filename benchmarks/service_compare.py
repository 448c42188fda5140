"""Measures the Control Service beside OpenBao, and prints one table.

Requests per second and the 99th percentile of the time to answer, for reading and for replacing a job's
document of 20 keys over 16 connections that stay open: of the service on its own store, of OpenBao in
memory and on its durable storage (raft), of the service in front of either, and of the service on
PostgreSQL. Each number, and each ratio, is the median of ROUNDS rounds of SECONDS seconds, taken in turn
so that a machine that speeds up or slows down does so for all. The service writes its audit log, as it
does by default.

Needs wrk, PostgreSQL's server and cargo; OpenBao comes from PyPI. VDK_CONTROL_SERVICE names a binary
that is built already, SECONDS and ROUNDS set how long it takes.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from load import CONNECTIONS, LARGE, SECONDS, load, of_openbao, of_service
from servers import ROOT, Servers, free_address, get_openbao

ROUNDS = int(os.environ.get("ROUNDS", "15"))
STARTS = 20


def prepare():
    """Gets what is measured; gives the service's binary."""
    if not shutil.which("wrk"):
        sys.exit("wrk is not there; get it with: apt-get install -y wrk")
    get_openbao()
    binary = os.environ.get("VDK_CONTROL_SERVICE")
    if not binary:
        binary = ROOT / "target" / "release" / "vdk-control-service"
        subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--bin",
                        "vdk-control-service"], check=True, cwd=ROOT)
    return Path(binary).absolute()


def memory(process, line):
    """A line of the process's status, in MiB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split(f"{line}:")[1].split()[0]) / 1024


def footprint(servers, binary):
    """Of the service on its own store: milliseconds until it is ready, idle MiB, MiB under heavy load."""
    process, _ = servers.service("footprint", binary)  # makes the store
    servers.stop(process)
    starts = []
    for _ in range(STARTS):
        address = free_address()
        host, port = address.split(":")
        started = time.perf_counter()
        process = servers.start("footprint", [binary], {
            "FEATUREFLAG_SECURITY_ENABLED": "false",
            "SERVER_PORT": port, "VDK_STORAGE_FOLDER": str(servers.folder / "footprint")})
        answer = b""
        while not answer.startswith(b"HTTP/1.1 200 "):
            if process.poll() is not None:
                sys.exit("the service does not start")
            try:
                # From another address: or else, now and then, a socket connects to itself.
                with socket.create_connection((host, int(port)), 10, ("127.0.0.2", 0)) as connection:
                    connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
                    answer = connection.recv(4096)
            except ConnectionError:
                pass
        starts.append((time.perf_counter() - started) * 1000)
        idle = memory(process, "VmRSS")
        if len(starts) < STARTS:
            servers.stop(process)
    target = of_service(address, document=LARGE)
    for writes in (True, False):
        load(servers.folder, target, writes, connections=256)
    most = memory(process, "VmHWM")
    servers.stop(process)
    return statistics.median(starts), idle, most


def compare():
    """Measures everything and prints it."""
    binary = prepare()
    with Servers() as servers:
        ready, idle, most = footprint(servers, binary)

        def service(name, **settings):
            return servers.service(name, binary, settings)[1]

        def in_front_of(name, openbao):
            address, token = openbao
            return of_service(service(
                name, FEATUREFLAG_VAULT_INTEGRATION_ENABLED="true",
                VDK_VAULT_URI=f"http://{address}/v1/", VDK_VAULT_TOKEN=token))

        in_memory, raft = servers.openbao_in_memory(), servers.openbao_raft()
        database = service(
            "on-postgresql", SPRING_DATASOURCE_USERNAME="postgres", SPRING_DATASOURCE_PASSWORD="none",
            SPRING_DATASOURCE_URL=f"jdbc:postgresql://{servers.postgresql()}/postgres")
        # What is compared is next to each other, so that a change of the machine's speed falls on both.
        targets = {
            "service, own store": of_service(service("on-own-store")),
            "OpenBao, in memory": of_openbao(*in_memory),
            "service, OpenBao in memory": in_front_of("on-openbao-in-memory", in_memory),
            "OpenBao, raft": of_openbao(*raft),
            "service, OpenBao on raft": in_front_of("on-openbao-raft", raft),
            "service, PostgreSQL (properties)": of_service(database, "properties"),
        }
        for target in targets.values():
            target.write()
        rounds = {name: {False: [], True: []} for name in targets}
        for _ in range(ROUNDS):
            for name, target in targets.items():
                for writes in (False, True):
                    rounds[name][writes].append(load(servers.folder, target, writes))
    show(rounds)
    print(f"\nThe service on its own store: ready {ready:.1f} ms after its start (median of {STARTS}), "
          f"{idle:.1f} MiB when idle, {most:.0f} MiB at most with 256 connections that write and read a "
          "set of 1 MiB.")
    print(f"\nMedians of {ROUNDS} rounds of {SECONDS} s in turn, {CONNECTIONS} connections, a document of "
          f"20 keys, {os.cpu_count()} cores shared with the load generator and the storage.")


def show(rounds):
    """Prints the table. `rounds`: name -> whether it writes -> of each round its load."""
    beside = {
        ("service, own store", False): "OpenBao, in memory",
        ("service, own store", True): "OpenBao, raft",
        ("service, OpenBao in memory", False): "OpenBao, in memory",
        ("service, OpenBao in memory", True): "OpenBao, in memory",
        ("service, OpenBao on raft", False): "OpenBao, raft",
        ("service, OpenBao on raft", True): "OpenBao, raft",
    }

    def ratio(name, other, writes):
        pairs = zip(rounds[name][writes], rounds[other][writes])
        return statistics.median(own.rate / its.rate for own, its in pairs)

    print("| target | GET/s | GET p99 ms | PUT/s | PUT p99 ms | beside |\n|---|---:|---:|---:|---:|---|")
    for name, of in rounds.items():
        rates, notes = [], []
        for verb, writes in (("GET", False), ("PUT", True)):
            rate, late = (statistics.median(getattr(one, what) for one in of[writes])
                          for what in ("rate", "p99"))
            rates.append(f"{rate:,.0f} | {late:.2f}")
            if other := beside.get((name, writes)):
                notes.append(f"{verb} {ratio(name, other, writes):.2f} of {other}")
        print(f"| {name} | {' | '.join(rates)} | {'; '.join(notes)} |")
