"""An interface stands in its own records: whoever an address belongs to is read from the logs, not from the account.

All text here is constant. What comes from a log, a path or a limit is a parameter; what stands in
braces is made from numbers and our own names.
"""

TABLES = (
    "CREATE TYPE kind AS ENUM ('sent', 'nodata', 'skipdata', 'odd', 'received', 'unasked')",
    """
    CREATE TABLE sums (
      kind kind, interface VARCHAR, src VARCHAR, dst VARCHAR, near VARCHAR, far VARCHAR, port INTEGER, low BOOLEAN,
      protocol SMALLINT, hour INTEGER, accepted BOOLEAN, egress BOOLEAN, instance VARCHAR, account VARCHAR,
      vpc VARCHAR, region VARCHAR, service VARCHAR, bytes BIGINT, packets BIGINT, count BIGINT, first BIGINT,
      last BIGINT, file0 INTEGER, file1 INTEGER)
    """,
    "CREATE TABLE sides (address VARCHAR, side TINYINT)",
)
"""`sums`: rows as logged, summed. Its `kind` is `sent`: traffic to weigh; `received`: what an accepted flow brought in,
which only counts; `nodata`: a window without traffic; `skipdata`: one that AWS could not capture; `odd`: a row whose
time or size cannot be reckoned with; `unasked`: one of a time that nobody asked for. `near` and `far` are the real ends
where others stand between. `sides`: the side of each address, NULL for what is none."""

# The small keys are one number, for a hash of four columns costs half of one of twelve. Its bits: 0 kind, 3 accepted,
# 4 direction (0 not logged, 1 in, 2 out), 6 protocol, 14 whether the port is the source's, 15 port, 31 hour.
# What the form does not log is no key either: two columns more to group by cost a twentieth, empty or not.
SUM = """
INSERT INTO sums
WITH typed AS (SELECT {columns}, file_index FROM {rows}),
known AS (
  SELECT *, coalesce(srcaddr, pkt_srcaddr) AS a, coalesce(dstaddr, pkt_dstaddr) AS b,
    coalesce(action <> 'REJECT', true) AS ok, coalesce(1 + (flow_direction = 'egress')::BIGINT, 0) AS way,
    least(srcport, dstport)::BIGINT AS low_port
  FROM typed),
kinds AS (
  SELECT *, (CASE
    {unasked}
    WHEN a IS NULL OR b IS NULL THEN CASE WHEN log_status = 'SKIPDATA' THEN 2 ELSE 1 END
    WHEN start IS NULL OR start NOT BETWEEN $early AND $late OR strlen(a) > 45 OR strlen(b) > 45
      OR bytes NOT BETWEEN 0 AND $most OR packets NOT BETWEEN 0 AND $most
      OR protocol NOT BETWEEN 0 AND 255 OR low_port < 0 THEN 3
    WHEN ok AND way = 1 THEN 4
    ELSE 0 END)::BIGINT AS kind
  FROM known),
coded AS (
  SELECT *, CASE kind WHEN 0 THEN a END AS src, CASE kind WHEN 0 THEN b END AS dst,
    kind + ok::BIGINT * 8 + way * 16
    + CASE WHEN kind = 0 THEN coalesce(protocol, 0)::BIGINT * 64 ELSE 0 END
    + CASE WHEN kind = 0 AND low_port < $ephemeral
      THEN (srcport < dstport)::BIGINT * 16384 + low_port * 32768 ELSE 0 END
    + CASE WHEN kind <> 3 AND start BETWEEN 0 AND $late THEN start // 3600 * 2147483648 ELSE 0 END AS code
  FROM kinds),
summed AS (
  SELECT interface_id, src, dst, {near} AS near, {far} AS far, code,
    {any_instance_id} AS instance, {any_account_id} AS account, {any_vpc_id} AS vpc, {any_region} AS region,
    {any_pkt_dst_aws_service} AS service,
    sum(bytes) AS bytes, sum(packets) AS packets, count(*) AS count, min(start) AS first, max("end") AS last,
    min(file_index) AS file0, max(file_index) AS file1
  FROM coded GROUP BY interface_id, src, dst, {apart} code)
SELECT (['sent', 'nodata', 'skipdata', 'odd', 'received', 'unasked'])[(code & 7) + 1]::kind,
  interface_id, src, dst, near, far,
  code >> 15 & 65535, code >> 14 & 1, code >> 6 & 255, code >> 31, code >> 3 & 1,
  CASE code >> 4 & 3 WHEN 0 THEN NULL WHEN 1 THEN false ELSE true END,
  instance, account, vpc, region, service,
  least(coalesce(bytes, 0), $most_of_all), least(coalesce(packets, 0), $most_of_all), count,
  first, greatest(first, least(coalesce(last, first), ((code >> 31) + 2) * 3600)),
  ($numbers)[file0::INTEGER + 1], ($numbers)[file1::INTEGER + 1]
FROM summed
"""
UNASKED = "WHEN start < $since OR start >= $until THEN 5"
NEAR = "CASE WHEN kind = 0 AND pkt_srcaddr <> a AND strlen(pkt_srcaddr) <= 45 THEN pkt_srcaddr END"
FAR = "CASE WHEN kind = 0 AND pkt_dstaddr <> b AND strlen(pkt_dstaddr) <= 45 THEN pkt_dstaddr END"
READ_TEXT = """
read_csv($paths, delim = ' ', header = false, auto_detect = false, nullstr = '-', quote = '', escape = '',
  strict_mode = {strict}, ignore_errors = true, store_rejects = true, rejects_limit = 10000, columns = {{{types}}})
"""
READ_PARQUET = """
(SELECT *, file_index FROM read_parquet($paths, hive_partitioning = false)) AS t({names}, file_index)
"""
REJECTS = """
SELECT file_path, count(DISTINCT line) FROM reject_errors JOIN reject_scans USING (scan_id, file_id) GROUP BY file_path
"""
PARQUET_COLUMNS = """
SELECT name FROM (DESCRIBE SELECT * FROM read_parquet($path, hive_partitioning = false)) t(name)
"""
PARQUET_ROWS = "SELECT num_rows FROM parquet_file_metadata($path)"

ADDRESSES = "SELECT DISTINCT unnest([src, dst, near, far]) AS address FROM sums WHERE kind = 'sent'"
PLACE = "INSERT INTO sides SELECT unnest($addresses), unnest($sides)"

_BELONGS = """
CREATE TABLE belongs AS
SELECT interface, max(instance) AS instance, max(account) AS account, max(vpc) AS vpc FROM sums
WHERE interface IS NOT NULL AND kind <> 'odd' GROUP BY interface
"""
# Both ends of each record are candidates; of two that are equally frequent the one inside is more likely ours.
_OWN = """
CREATE TABLE own AS
WITH ends AS (
  SELECT interface, src, dst, count FROM sums
  JOIN sides s ON s.address = src AND s.side IS NOT NULL JOIN sides d ON d.address = dst AND d.side IS NOT NULL
  WHERE kind = 'sent' AND egress IS NULL AND interface IS NOT NULL),
told AS (
  SELECT interface, address, sum(count) AS seen
  FROM (SELECT interface, src AS address, count FROM ends UNION ALL SELECT interface, dst, count FROM ends)
  GROUP BY interface, address)
SELECT interface, address, contains(address, ':') AS six FROM told JOIN sides USING (address)
QUALIFY row_number() OVER (PARTITION BY interface, six ORDER BY seen DESC, side, address) = 1
"""
# What is sent says whose address it is; an address that two interfaces use belongs to nobody for sure.
_OWNERS = """
CREATE TABLE owners AS
SELECT address, any_value(interface) AS interface FROM (
  SELECT src AS address, interface FROM sums WHERE kind = 'sent' AND egress AND interface IS NOT NULL
  UNION SELECT address, interface FROM own)
GROUP BY address HAVING count(*) = 1
"""
# A refused packet is told by whoever refused it, and laid to whoever sent it, if that is one of ours.
_SENT = """
CREATE VIEW sent AS
WITH directed AS (
  SELECT s.*, coalesce(s.egress, s.src = own.address, source.side = 0) AS ours, source.side AS src_side
  FROM sums s
  JOIN sides source ON source.address = s.src AND source.side IS NOT NULL
  LEFT JOIN own ON own.interface = s.interface AND own.six = contains(s.src, ':')
  WHERE s.kind = 'sent'),
sender AS (
  SELECT d.* EXCLUDE (interface, instance),
    CASE WHEN d.ours THEN d.interface ELSE owners.interface END AS interface,
    CASE WHEN d.ours THEN d.instance END AS instance
  FROM directed d LEFT JOIN owners ON NOT d.ours AND owners.address = d.src
  WHERE d.ours OR (NOT d.accepted AND (d.src_side = 0 OR owners.interface IS NOT NULL)))
SELECT s.* EXCLUDE (account, vpc, instance),
  coalesce(b.instance, s.instance, s.interface, s.src) AS host,
  CASE WHEN pod.side IS NULL THEN s.src ELSE s.near END AS own_address,
  coalesce(s.far, s.dst) AS other, coalesce(b.account, s.account) AS account, coalesce(b.vpc, s.vpc) AS vpc,
  there.side AS side
FROM sender s
LEFT JOIN belongs b ON b.interface = s.interface
LEFT JOIN sides pod ON pod.address = s.near
JOIN sides there ON there.address = coalesce(s.far, s.dst) AND there.side IS NOT NULL
"""
# What no file logs has no maximum either: the largest of nothing but NULLs costs as much as any other.
SUM_CELLS = """
CREATE TABLE cells AS
SELECT host, hour, interface, own_address, other, port, low AS serves, protocol, accepted, any_value(side) AS side,
  {max_account} AS account, {max_vpc} AS vpc, {max_region} AS region, {max_service} AS service,
  least(sum(bytes), $most_of_all)::BIGINT AS bytes, least(sum(packets), $most_of_all)::BIGINT AS packets,
  sum(count)::BIGINT AS count, min(first) AS first, max(last) AS last, min(file0) AS file0, max(file1) AS file1
FROM sent GROUP BY host, hour, interface, own_address, other, port, serves, protocol, accepted
"""
PREPARE = (_BELONGS, _OWN, _OWNERS, _SENT)
"""In this order, once all addresses are placed; then SUM_CELLS."""

ROWS = "SELECT sum(count) FROM sums"
OF_KIND = "SELECT sum(count) FROM sums WHERE kind = $kind"
FIRST_SKIPPED = "SELECT min(file0) FROM sums WHERE kind = 'skipdata'"
FIRST = "SELECT min(first) FROM sums WHERE kind IN ('sent', 'received')"
LAST = "SELECT max(last) FROM sums WHERE kind IN ('sent', 'received')"
NO_ADDRESS = """
SELECT sum(count) FROM sums WHERE kind = 'sent' AND (
  src IN (SELECT address FROM sides WHERE side IS NULL)
  OR coalesce(far, dst) IN (SELECT address FROM sides WHERE side IS NULL))
"""
REFUSED_FROM_OUTSIDE = """
SELECT sum(count) FROM sums JOIN sides ON address = src
WHERE kind = 'sent' AND NOT accepted AND side <> 0 AND src NOT IN (SELECT address FROM owners)
"""
LEFT_OUT = """
SELECT sum(cells - $kept) FROM (SELECT count(*) AS cells FROM cells GROUP BY host, hour) WHERE cells > $kept
"""
CELLS = """
SELECT host, hour, interface, own_address, other, port, serves, protocol, accepted, side, account, vpc, region, service,
  bytes, packets, count, first, last, file0, file1 FROM cells
QUALIFY row_number() OVER (PARTITION BY host, hour ORDER BY side = 0, bytes DESC, other, port) <= $kept
ORDER BY host, hour, first, other, port
"""
