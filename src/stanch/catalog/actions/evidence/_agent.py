"""Systems Manager reaches a host through an agent that needs the network: an isolated host no longer answers."""

import base64
import binascii
from typing import Any

from stanch.contracts.action import Needless
from stanch.contracts.aws import Aws

PERMISSIONS = ("ssm:DescribeInstanceInformation", "ssm:ListCommandInvocations")
DELIVERY_SECONDS = 60
"""How long the agent has to take a command; Systems Manager allows no less than 30."""
UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")

# Only what the kernel and the init system tell, each bounded in time; nothing is installed, nothing is sent anywhere.
# Standard output is cut by AWS at 24 000 characters: packed, that is several times as much text.
_LOOK = r"""
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
look() { echo; echo "== $*"; timeout 5 "$@" 2>&1; }
{
  look date -u; look uname -a; look uptime; look who -a
  look ss -tunap; look ip -s neigh
  look ps -eo pid,ppid,user,lstart,etime,stat,args --forest
  look sh -c 'ls -l /proc/[0-9]*/exe | grep -v "^ls:"'
  look sh -c 'ls -la /tmp /var/tmp /dev/shm'
  look lsmod; look mount; look nvidia-smi
  look systemctl list-units --type=service,timer --state=active --no-pager
  look sh -c 'cat /etc/crontab /etc/cron.d/* /var/spool/cron/* /var/spool/cron/crontabs/*'
} | gzip -9 | base64 -w0 | head -c 23996
"""
# Written to the host's own disk, which stays with the isolated host: sending it anywhere would hold isolation up.
_MEMORY = r"""
tool=$(command -v avml) || exit 0
room=$(df --output=avail -k /var | tail -1); ram=$(awk '/^MemTotal/{print $2}' /proc/meminfo)
[ "$room" -gt $((ram + ram / 4)) ] || exit 0
umask 077; mkdir -p /var/lib/stanch && cd /var/lib/stanch || exit 0
nohup sh -c "$tool memory.lime && sha256sum memory.lime > memory.sha256" >/dev/null 2>&1 &
"""
COMMANDS = (_LOOK.strip(), _MEMORY.strip())


def online(aws: Aws, instance: str) -> None:
    """Raises Needless, with the reason, where Systems Manager does not reach the host or it is no Linux."""
    named = [{"Key": "InstanceIds", "Values": [instance]}]
    found = aws.pages("ssm", "DescribeInstanceInformation", "InstanceInformationList", Filters=named)
    if not found:
        raise Needless(f"Systems Manager does not manage {instance}: its processes can only be looked at by hand")
    status, platform = str(found[0].get("PingStatus")), str(found[0].get("PlatformType"))
    if status != "Online":
        raise Needless(
            f"the agent on {instance} does not answer ({status}): its processes can only be looked at by hand"
        )
    if platform != "Linux":
        raise Needless(f"{instance} runs {platform}: capture its processes by hand")


def asked(aws: Aws, incident: str, instance: str) -> list[dict[str, Any]]:
    """What this incident has asked the host so far, the newest first."""
    found = aws.pages("ssm", "ListCommandInvocations", "CommandInvocations", InstanceId=instance)
    ours = [one for one in found if str(one.get("Comment") or "").startswith(f"{comment(incident)} ")]
    return sorted(ours, key=lambda one: str(one.get("RequestedDateTime")), reverse=True)


def comment(incident: str, at: str = "") -> str:
    """What a command of ours is known by: at most 100 characters."""
    return f"stanch {incident[:60]} {at}".strip()


def unpacked(output: str) -> tuple[bytes, str]:
    """What the host said, as bytes with their suffix; a host that is not ours any more may say anything."""
    try:
        packed = base64.b64decode(output, validate=True)
    except (binascii.Error, ValueError):
        return output.encode("utf-8", "surrogateescape"), ".txt"
    return (packed, ".txt.gz") if packed.startswith(b"\x1f\x8b") else (output.encode(), ".txt")
