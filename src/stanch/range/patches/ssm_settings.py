"""Systems Manager has settings for each account and region; in the range nothing changes AWS's defaults."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

from stanch.domain.arn import Arn
from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds

_DEFAULTS = {
    "/ssm/documents/console/public-sharing-permission": "Enable",
    "/ssm/managed-instance/default-ec2-instance-management-role": "$None",
}


def install(sessions: Sessions) -> None:
    """Give Systems Manager its settings."""
    adds(SimpleSystemManagerResponse, "get_service_setting")(get_service_setting)


def get_service_setting(self: Any) -> ActionResult:
    """A setting as it is where nobody touched it."""
    setting = self._get_param("SettingId")
    if setting not in _DEFAULTS:
        raise SSMException("ServiceSettingNotFound", f"Setting ID {setting} is not found.")
    arn = Arn(self.partition, "ssm", self.region, self.current_account, f"servicesetting{setting}")
    answer = {"SettingId": setting, "SettingValue": _DEFAULTS[setting], "ARN": str(arn), "Status": "Default"}
    return ActionResult({"ServiceSetting": {**answer, "LastModifiedUser": "System"}})
