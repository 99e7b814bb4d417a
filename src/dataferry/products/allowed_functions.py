"""What a recipe may call: an allow-list by reason. A function that is in no group here is refused.

The groups are what `docs/reference/recipe-sql.md` prints; a function gets in when the same input gives the same answer
on every run, when it touches nothing outside the query, and when it leaves the datum of a geometry as it was.
"""

from __future__ import annotations

from collections.abc import Mapping

from dataferry.tables.engine import FUNCTIONS as DATAFERRY


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


AGGREGATES = _names("""
    avg bit_and bit_or bit_xor bool_and bool_or corr count covar covar_pop covar_samp grouping max mean median min
    percentile_cont quantile_cont regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
    regr_syy stddev stddev_pop stddev_samp sum var var_pop var_population var_samp var_sample""")
ORDERED = _names("array_agg first_value last_value nth_value string_agg")
"""Aggregates whose answer depends on the order of rows: they need their own ORDER BY."""
RANKING = _names("cume_dist dense_rank lag lead ntile percent_rank rank row_number")
"""Window functions: their window needs an ORDER BY."""
MATHS = _names("""
    abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh cot degrees exp factorial floor gcd isnan iszero lcm
    ln log log10 log2 nanvl pi pow power radians round signum sin sinh sqrt tan tanh trunc""")
CHOICES = _names("coalesce greatest ifnull least nullif nvl nvl2")
STRINGS = _names("""
    ascii bit_length btrim char_length character_length chr concat concat_ws contains ends_with find_in_set initcap
    instr left length levenshtein lower lpad ltrim octet_length overlay position regexp_count regexp_instr regexp_like
    regexp_match regexp_replace repeat replace reverse right rpad rtrim split_part starts_with string_to_array strpos
    substr substr_index substring substring_index to_hex translate trim upper""")
DATES = _names("""
    date_bin date_format date_part date_trunc datepart datetrunc extract from_unixtime make_date make_time to_char
    to_date to_local_time to_time to_timestamp to_timestamp_micros to_timestamp_millis to_timestamp_nanos
    to_timestamp_seconds to_unixtime""")
LISTS = _names("""
    array_append array_concat array_distinct array_element array_has array_has_all array_has_any array_intersect
    array_length array_max array_min array_position array_remove array_reverse array_slice array_sort array_to_string
    array_union cardinality element_at empty flatten make_array""")
PREDICATES = _names("""
    st_contains st_coveredby st_covers st_crosses st_disjoint st_dwithin st_equals st_intersects st_knn st_overlaps
    st_relate st_touches st_within""")
FACTS = _names("""
    st_dimension st_geometrytype st_hasm st_hasz st_isclosed st_iscollection st_isempty st_isring st_issimple
    st_isvalid st_isvalidreason st_npoints st_nrings st_numgeometries st_numinteriorring st_numinteriorrings
    st_numpoints st_x st_xmax st_xmin st_y st_ymax st_ymin st_z st_zmax st_zmin""")
PLANAR = _names("""
    st_area st_azimuth st_distance st_hausdorffdistance st_length st_linelocatepoint st_maxdistance
    st_minimumclearance st_perimeter""")
"""Measures in the plane of the datum: metres on EPSG:2326, and refused where the datum counts in degrees."""
SHAPES = _names("""
    st_boundary st_buffer st_buildarea st_centroid st_closestpoint st_concavehull st_convexhull
    st_delaunaytriangles st_difference st_endpoint st_envelope st_exteriorring st_force2d st_geometryn st_interiorringn
    st_intersection st_lineinterpolatepoint st_linemerge st_linesubstring st_longestline st_makeline st_makevalid
    st_normalize st_pointn st_pointonsurface st_points st_polygonize st_reduceprecision st_reverse st_segmentize
    st_shortestline st_simplify st_simplifypreservetopology st_snap st_startpoint st_symdifference st_unaryunion
    st_union""")
SHAPE_AGGREGATES = _names("st_collect_agg st_convexhull_agg st_envelope_agg st_intersection_agg st_union_agg")
TEXT_FORMS = _names("st_asgeojson st_astext st_aswkt")
SERIES = _names("generate_series range")
"""Only in FROM, with whole numbers written out."""

GROUPS: Mapping[str, frozenset[str]] = {
    "dataferry": DATAFERRY,
    "aggregates": AGGREGATES,
    "ordered": ORDERED,
    "ranking": RANKING,
    "choices": CHOICES,
    "maths": MATHS,
    "strings": STRINGS,
    "dates": DATES,
    "lists": LISTS,
    "predicates": PREDICATES,
    "facts": FACTS,
    "planar": PLANAR,
    "shapes": SHAPES,
    "shape_aggregates": SHAPE_AGGREGATES,
    "text_forms": TEXT_FORMS,
    "series": SERIES,
}

ALLOWED: frozenset[str] = frozenset().union(*GROUPS.values())

KEEPS_DATUM: frozenset[str] = SHAPES | SHAPE_AGGREGATES | (ORDERED - {"array_agg", "string_agg"}) | {"lag", "lead"}
"""Their answer is in the datum of their geometries."""

LOSES_DATUM: frozenset[str] = CHOICES | LISTS | {"array_agg", "min", "max"}
"""The engine answers these with bytes that no longer know their datum."""

IN_DEGREES_USE: Mapping[str, str] = {
    **dict.fromkeys(sorted(PLANAR | {"st_knn", "st_buffer"}), "to_hk1980 / to_utm51"),
    **dict.fromkeys(("st_distance", "st_maxdistance", "st_dwithin"), "distance_m"),
    **dict.fromkeys(("st_length", "st_perimeter"), "length_m"),
    "st_area": "area_m2",
}
"""Functions that would answer in degrees, and what to call instead."""

RELABEL = _names("st_setcrs st_setsrid rs_setcrs rs_setsrid with_metadata arrow_cast arrow_try_cast cast_to_type")
"""They change what a geometry is said to be, not where it is."""
VOLATILE = _names("""
    current_date current_time current_timestamp current_datetime localtime localtimestamp now today rand random uuid
    gen_random_uuid""")
UNLABELLED = _names("""
    st_point st_pointz st_pointm st_pointzm st_makepoint st_makeenvelope st_geomfromtext st_geomfromwkt
    st_geometryfromtext st_geomfromwkb st_geomfromwkbunchecked st_geomfromewkb st_geomfromewkt st_pointfromtext
    st_pointfromwkb st_linefromtext st_linefromwkb st_linestringfromtext st_linestringfromwkb st_polygonfromtext
    st_geomcollfromtext st_mlinefromtext st_mpointfromtext st_mpolyfromtext st_geogfromtext st_geogfromwkb
    st_geogfromwkt st_geogpoint st_togeography st_togeometry""")
"""They make a geometry without saying its datum, or take a number that says it."""
MOVES = _names("""
    st_affine st_flipcoordinates st_rotate st_rotatex st_rotatey st_scale st_translate st_force3d st_force3dm
    st_force3dz st_force4d""")
"""They move coordinates without moving the datum."""
UNREPEATABLE = _names("approx_distinct approx_median approx_percentile_cont approx_percentile_cont_with_weight")
"""Their answer depends on how rows were spread over threads."""


def reason_refused(name: str) -> str:
    """The message code that says why a function outside the allow-list is refused."""
    if name == "st_transform":
        return "products.transform_refused"
    if name in RELABEL:
        return "products.relabel_refused"
    if name in VOLATILE:
        return "products.volatile_refused"
    if name in UNLABELLED:
        return "products.unlabelled_refused"
    if name in MOVES:
        return "products.moves_refused"
    if name in UNREPEATABLE:
        return "products.unrepeatable_refused"
    return "products.function_not_allowed"
