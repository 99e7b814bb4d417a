"""The names that the editor offers while a recipe is written: functions with their arguments, and keywords.

The functions are those of the statement gate (a test compares them); what stands in brackets is for people to read.
"""

from __future__ import annotations

from functools import cache

from django.utils.translation import gettext as _

_OWN = """
to_wgs84(geom) to_gcj02(geom) to_bd09(geom) to_hk1980(geom) to_utm51(geom) point_wgs84(lon, lat) point_gcj02(lon, lat)
point_bd09(lon, lat) point_hk1980(easting, northing) box_wgs84(west, south, east, north) wkt_wgs84(text) area_m2(geom)
length_m(geom) distance_m(point, point) h3_cell(point, resolution) grid_cell(point, metres) build_instant() build_seed()
"""
_AGGREGATES = """
avg(number) bit_and(integer) bit_or(integer) bit_xor(integer) bool_and(condition) bool_or(condition) corr(y, x) count(*)
covar(y, x) covar_pop(y, x) covar_samp(y, x) grouping(column) max(value) mean(number) median(number) min(value)
percentile_cont(share) quantile_cont(number, share) regr_avgx(y, x) regr_avgy(y, x) regr_count(y, x)
regr_intercept(y, x) regr_r2(y, x) regr_slope(y, x) regr_sxx(y, x) regr_sxy(y, x) regr_syy(y, x) stddev(number)
stddev_pop(number) stddev_samp(number) sum(number) var(number) var_pop(number) var_population(number) var_samp(number)
var_sample(number) array_agg(value ORDER BY key) first_value(value ORDER BY key) last_value(value ORDER BY key)
nth_value(value, n ORDER BY key) string_agg(text, separator ORDER BY key)
"""
_WINDOWS = """
cume_dist() dense_rank() lag(value, rows, default) lead(value, rows, default) ntile(parts) percent_rank() rank()
row_number()
"""
_CHOICES = """
coalesce(value, ...) greatest(value, ...) ifnull(value, instead) least(value, ...) nullif(value, other)
nvl(value, instead) nvl2(value, when known, when null)
"""
_MATHS = """
abs(x) acos(x) acosh(x) asin(x) asinh(x) atan(x) atan2(y, x) atanh(x) cbrt(x) ceil(x) cos(x) cosh(x) cot(x) degrees(x)
exp(x) factorial(n) floor(x) gcd(a, b) isnan(x) iszero(x) lcm(a, b) ln(x) log(base, x) log10(x) log2(x)
nanvl(x, instead) pi() pow(x, exponent) power(x, exponent) radians(x) round(x, decimals) signum(x) sin(x) sinh(x)
sqrt(x) tan(x) tanh(x) trunc(x, decimals)
"""
_TEXTS = """
ascii(text) bit_length(text) btrim(text, characters) char_length(text) character_length(text) chr(code)
concat(text, ...) concat_ws(separator, text, ...) contains(text, part) ends_with(text, end) find_in_set(text, list)
initcap(text) instr(text, part) left(text, n) length(text) levenshtein(text, other) lower(text) lpad(text, n, fill)
ltrim(text, characters) octet_length(text) overlay(text PLACING new FROM start FOR n) position(part IN text)
regexp_count(text, pattern) regexp_instr(text, pattern) regexp_like(text, pattern) regexp_match(text, pattern)
regexp_replace(text, pattern, new, flags) repeat(text, n) replace(text, old, new) reverse(text) right(text, n)
rpad(text, n, fill) rtrim(text, characters) split_part(text, separator, n) starts_with(text, start)
string_to_array(text, separator) strpos(text, part) substr(text, start, n) substr_index(text, separator, n)
substring(text, start, n) substring_index(text, separator, n) to_hex(integer) translate(text, from, to)
trim(text) upper(text)
"""
_DATES = """
date_bin(interval, time, origin) date_format(time, format) date_part(part, time) date_trunc(part, time)
datepart(part, time) datetrunc(part, time) extract(part FROM time) from_unixtime(seconds) make_date(year, month, day)
make_time(hour, minute, second) to_char(time, format) to_date(text, format) to_local_time(time) to_time(text, format)
to_timestamp(text, format) to_timestamp_micros(text, format) to_timestamp_millis(text, format)
to_timestamp_nanos(text, format) to_timestamp_seconds(text, format) to_unixtime(time)
"""
_LISTS = """
array_append(list, value) array_concat(list, list) array_distinct(list) array_element(list, n) array_has(list, value)
array_has_all(list, list) array_has_any(list, list) array_intersect(list, list) array_length(list) array_max(list)
array_min(list) array_position(list, value) array_remove(list, value) array_reverse(list) array_slice(list, from, to)
array_sort(list) array_to_string(list, separator) array_union(list, list) cardinality(list) element_at(map, key)
empty(list) flatten(list) make_array(value, ...)
"""
_SHAPES = """
st_contains(a, b) st_coveredby(a, b) st_covers(a, b) st_crosses(a, b) st_disjoint(a, b) st_dwithin(a, b, metres)
st_equals(a, b) st_intersects(a, b) st_knn(a, b, n) st_overlaps(a, b) st_relate(a, b) st_touches(a, b) st_within(a, b)
st_dimension(geom) st_geometrytype(geom) st_hasm(geom) st_hasz(geom) st_isclosed(geom) st_iscollection(geom)
st_isempty(geom) st_isring(geom) st_issimple(geom) st_isvalid(geom) st_isvalidreason(geom) st_npoints(geom)
st_nrings(geom) st_numgeometries(geom) st_numinteriorring(geom) st_numinteriorrings(geom) st_numpoints(geom)
st_x(point) st_xmax(geom) st_xmin(geom) st_y(point) st_ymax(geom) st_ymin(geom) st_z(point) st_zmax(geom)
st_zmin(geom) st_area(geom) st_azimuth(a, b) st_distance(a, b) st_hausdorffdistance(a, b) st_length(geom)
st_linelocatepoint(line, point) st_maxdistance(a, b) st_minimumclearance(geom) st_perimeter(geom) st_boundary(geom)
st_buffer(geom, metres) st_buildarea(geom) st_centroid(geom) st_closestpoint(a, b) st_concavehull(geom, share)
st_convexhull(geom) st_delaunaytriangles(geom) st_difference(a, b) st_endpoint(line) st_envelope(geom)
st_exteriorring(area) st_force2d(geom) st_geometryn(geom, n) st_interiorringn(area, n) st_intersection(a, b)
st_lineinterpolatepoint(line, share) st_linemerge(geom) st_linesubstring(line, from, to) st_longestline(a, b)
st_makeline(point, point) st_makevalid(geom) st_normalize(geom) st_pointn(line, n) st_pointonsurface(geom)
st_points(geom) st_polygonize(geom) st_reduceprecision(geom, size) st_reverse(geom) st_segmentize(geom, length)
st_shortestline(a, b) st_simplify(geom, tolerance) st_simplifypreservetopology(geom, tolerance) st_snap(a, b, tolerance)
st_startpoint(line) st_symdifference(a, b) st_unaryunion(geom) st_union(a, b) st_collect_agg(geom)
st_convexhull_agg(geom) st_envelope_agg(geom) st_intersection_agg(geom) st_union_agg(area) st_asgeojson(geom)
st_astext(geom) st_aswkt(geom)
"""
_SERIES = "generate_series(from, to, step) range(from, to, step)"

KEYWORDS = tuple(
    """SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT|JOIN|LEFT JOIN|INNER JOIN|FULL JOIN|CROSS JOIN|ON|USING|AS
AND|OR|NOT|IN|EXISTS|BETWEEN|LIKE|IS NULL|IS NOT NULL|CASE|WHEN|THEN|ELSE|END|CAST|TRY_CAST|WITH|UNION|UNION ALL
INTERSECT|EXCEPT|DISTINCT|OVER|PARTITION BY|QUALIFY|FILTER|WITHIN GROUP|ROLLUP|CUBE|GROUPING SETS|ASC|DESC|NULLS LAST
NULLS FIRST|TRUE|FALSE|NULL|INTERVAL|VALUES""".replace("\n", "|").split("|")
)


@cache
def _read(text: str) -> tuple[tuple[str, str], ...]:
    """(name, name with its arguments) of every function of a group."""
    return tuple((each.partition("(")[0], each) for each in " ".join(text.split()).replace(") ", ")\n").splitlines())


def functions() -> list[tuple[str, str, str]]:
    """Name, name with arguments, and the group's name in the page's language, in the order of the list."""
    groups = (
        (_OWN, "Dataferry"),
        (_AGGREGATES, _("aggregate")),
        (_WINDOWS, _("window function")),
        (_CHOICES, _("choice")),
        (_MATHS, _("maths")),
        (_TEXTS, _("text")),
        (_DATES, _("date and time")),
        (_LISTS, _("list")),
        (_SHAPES, _("place")),
        (_SERIES, _("series")),
    )
    return [(name, signature, group) for text, group in groups for name, signature in _read(text)]
