class Base:
    KEY = "base-state"

    def __init__(self, properties):
        self._properties = properties

    def secret(self, name):
        return self._properties.get_secret(name)


class Reader(Base):
    STATE = "reader-state"

    def __init__(self, job_input, token_key):
        super().__init__(job_input)
        self.job_input = job_input
        self.token_key = token_key

    def token(self):
        return self.job_input.get_secret(self.token_key)

    def state(self):
        return self._properties.get_property(self.STATE, {})

    def base(self):
        return self.job_input.get_property(self.KEY, {})

    @staticmethod
    def limit(job_input, name="limit"):
        return job_input.get_property(name)
