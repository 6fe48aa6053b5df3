"""Commands and files have their own ways to be told a secret: `mysql -p…`, `Authorization: Bearer …`, a line of netrc.

Each form is an expression whose group `value` is the secret. Blind to: forms of programs that are not named here.
"""

import re

_VALUE = r"""(?P<value>"[^"\n]+"|'[^'\n]+'|[^\s"'|;&<>]+)"""
_WORD = r"""(?P<value>[^\s"'|;&<>,]+)"""
_Q = r"""\\{0,8}["']?"""
_ON_ITS_LINE = r"[^\n|;&]{0,400}?\s"
"""Bounded, as all that repeats: a hostile line costs no more than its length."""
_LOGS_IN = r"(?:docker|podman|nerdctl|buildah|skopeo|oras|crane(?:\s+auth)?|helm\s+registry|az(?:\s+acr)?|oc)\s+login"
_SAYS = r"\b(?:echo|printf)(?:[ \t]+-\w{1,16})*[ \t]+"
_NAME = r"[\w.-]{0,64}?(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|private_?key|credentials?)"
"""A name that is given as a word of its own, where no sign of assignment follows."""


def _form(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


FORMS = tuple(
    map(
        _form,
        (
            rf"""(?:proxy-)?authorization\\?["']?\s*[:=]\s*\\?["']?(?:bearer|basic|token|apikey|negotiate)\s+{_WORD}""",
            r"""\bbearer\s+(?P<value>(?=[\w.~+/-]*[0-9])[\w.~+/-]{16,}=*)""",
            rf"\b(?:mysql|mysqldump|mysqladmin|mysqlsh|mysqlimport|mariadb(?:-\w+)?)\b{_ON_ITS_LINE}-p{_VALUE}",
            rf"\b{_LOGS_IN}\b{_ON_ITS_LINE}-p[ \t=]*{_VALUE}",
            rf"\b(?:sshpass|mongo|mongosh|mongodump|mongorestore)\b{_ON_ITS_LINE}-p[ \t]*(?!\d+\b){_VALUE}",
            rf"\bredis-cli\b{_ON_ITS_LINE}-a[ \t]+{_VALUE}",
            rf"\bldap(?:search|modify|add|whoami|delete)\b{_ON_ITS_LINE}-w[ \t]+{_VALUE}",
            rf"\bcurl\b{_ON_ITS_LINE}(?:-u|--user|--proxy-user)[ \t=]*[\"']?[^\s:\"'$]{{1,256}}:{_WORD}",
            rf"\bsmbclient\b{_ON_ITS_LINE}-U[ \t]*[\"']?[^\s%\"']{{1,256}}%{_WORD}",
            rf"\bhtpasswd\b{_ON_ITS_LINE}-\w{{0,8}}b\w{{0,8}}[ \t]+\S+[ \t]+\S+[ \t]+{_VALUE}",
            rf"{_SAYS}{_VALUE}[ \t]*\|[^\n|;]{{0,400}}--?\w{{0,32}}-?stdin\b",
            rf"{_SAYS}[\"']?[\w.-]+:{_WORD}[\"']?[ \t]*\|[ \t]*(?:sudo[ \t]+)?chpasswd",
            rf"\bchpasswd[ \t]*<<<[ \t]*[\"']?[\w.-]+:{_WORD}",
            rf"\blogin\s+\S+\s+(?:account\s+\S+\s+)?password\s+{_WORD}",
            rf"\bmachine\s+\S+\s+password\s+{_WORD}",
            r"\b(?:identified\s+by|password)\s+(?P<value>'[^'\n]+')",
            rf"\b(?:requirepass|masterauth)[ \t]+{_VALUE}",
            r"\bpass:(?P<value>[^\s\"'|;&]+)",
            rf"\baws_(?:secret_access_key|session_token)[ \t]+{_VALUE}",
            rf"(?:^|[\n;&])[ \t]*(?:ENV|ARG|setenv|set(?:[ \t]+-\w{{1,16}})+)[ \t]+{_NAME}[ \t]+{_VALUE}",
            rf"""\b\w{{0,9}}(?:name|key){_Q}\s*:\s*{_Q}{_NAME}{_Q}\s*,?\s*{_Q}\w{{0,9}}value{_Q}\s*:\s*{_Q}{_WORD}""",
            rf"<(?P<tag>{_NAME})>(?P<value>[^<\n]+)</(?P=tag)>",
            rf"\bConvertTo-SecureString[ \t]+(?:-String[ \t]+)?{_VALUE}",
            rf"\bnet\s+user\s+\S+\s+(?!/){_VALUE}",
        ),
    )
)
MAY_SPEAK = re.compile(r"\s|<|pass:|[\"']:")
"""What one of the forms needs; nearly no identifier has it."""
