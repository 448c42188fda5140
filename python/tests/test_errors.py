import sys
import types

import pytest
from vdk.plugin.native import Invalid, NotAllowed, Unavailable, errors

PARTS = ("What.", "Why.", "Consequences.", "Countermeasures.")


@pytest.fixture
def core(monkeypatch):
    module = types.ModuleType("vdk.internal.core.errors")
    for name in ("VdkConfigurationError", "UserCodeError", "PlatformServiceError"):
        setattr(module, name, type(name, (Exception,), {}))
    for name in ("vdk.internal", "vdk.internal.core"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "vdk.internal.core.errors", module)
    return module


@pytest.mark.parametrize(
    "blame, name",
    [
        ("config", "VdkConfigurationError"),
        ("user", "UserCodeError"),
        ("platform", "PlatformServiceError"),
    ],
)
def test_raises_the_class_of_vdk_core_that_blames_the_right_one(core, blame, name):
    error = NotAllowed(*PARTS, blame)
    raised = errors.for_job(error)
    assert type(raised) is getattr(core, name)
    assert raised.args == PARTS
    assert errors.own_error(raised) is error


def test_raises_its_own_class_when_vdk_core_lacks_the_class(core):
    del core.UserCodeError
    error = Invalid(*PARTS, "user")
    assert errors.for_job(error) is error
    assert errors.own_error(error) is error


def test_does_not_take_errors_of_others_for_its_own(core):
    assert errors.own_error(core.PlatformServiceError("x")) is None


def test_survives_answers_without_parts():
    for answer in ({"error": None}, {"error": "text"}, {"error": {}, "status": "x", "exit": []}):
        error = errors.from_answer(answer)
        assert type(error) is Unavailable and error.what and error.blame == "platform"
