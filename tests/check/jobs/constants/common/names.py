from enum import Enum

DB_USER = "db-user"
PREFIX = "warehouse"
DB_PASSWORD = PREFIX + "-password"


class Keys:
    HOST = "db-host"
    TABLE: str = "target-table"


class Tokens(Enum):
    UPLOAD = "upload-token"
