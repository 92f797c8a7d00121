/* lib/serve: what a request for configuration says. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "serve/serve_backend.h"
#include "serve/serve_page.h"

static void
what_is_in_front_of_a_path_is_the_host(void **state)
{
	static const struct {
		const char *url, *path;
		size_t len;
	} rows[] = {
		{ "/health", "/health", 0 },
		{ "http://localhost:7417/health", "/health", 14 },
		{ "HTTPS://[::1]/v1/config/a//b", "/v1/config/a//b", 5 },
		{ "http://localhost", "/", 9 },
		{ "http:///health", "/health", 0 },
		{ "//evil/health", "//evil/health", 0 },
		{ "ftp://a/health", "ftp://a/health", 0 },
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(
		    gv_serve_address_skip(&len, rows[i].url), rows[i].path);
		assert_int_equal(len, rows[i].len);
	}
}

static void
paths_are_routes(void **state)
{
	static const struct {
		const char *path;
		enum gv_serve_kind kind;
		const char *env, *service, *key;
	} rows[] = {
		{ "/state/prod/net", GV_SERVE_AT_STATE, "", "", "" },
		{ "/v1/config/prod/web", GV_SERVE_AT_CONFIG, "prod", "web",
		    "" },
		{ "/v1/config/prod/web/", GV_SERVE_AT_CONFIG, "prod", "web",
		    "" },
		{ "/v1/config/-/-", GV_SERVE_AT_CONFIG, "", "", "" },
		{ "/v1/config/prod/-/a.b[0]", GV_SERVE_AT_CONFIG, "prod", "",
		    "a.b[0]" },
		{ "/v1/config/prod/web/a/b", GV_SERVE_AT_CONFIG, "prod", "web",
		    "a/b" },
		{ "/spring/web/prod/main", GV_SERVE_AT_SPRING, "", "web",
		    "main" },
		{ "/health", GV_SERVE_AT_ALIVE, "", "", "" },
		{ "/healthz", GV_SERVE_AT_ALIVE, "", "", "" },
		{ "/v1/health", GV_SERVE_AT_HEALTH, "", "", "" },
		{ "/metrics", GV_SERVE_AT_METRICS, "", "", "" },
		{ "/health.html", GV_SERVE_AT_PAGE, "", "", "" },
	};
	struct gv_serve_route r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(gv_serve_route_parse(&r, rows[i].path), 0);
		assert_int_equal(r.kind, rows[i].kind);
		assert_string_equal(r.env, rows[i].env);
		assert_string_equal(r.service, rows[i].service);
		assert_string_equal(r.key, rows[i].key);
	}
}

static void
other_paths_are_refused(void **state)
{
	static const char *const paths[] = { "", "/", "/v1/config",
		"/v1/config/", "/v1/config/prod", "/v1/config/prod/",
		"/v1/config//web", "/v1/config/../web", "/v1/config/.x/web",
		"/v1/config/pr\nod/web", "/spring", "/spring/", "/spring/web",
		"/spring/web/", "/spring/web/,prod", "/spring/web/prod,",
		"/spring/-/prod", "/healthz/", "/metrics?", "state/prod/net" };
	struct gv_serve_route r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(
		    gv_serve_route_parse(&r, paths[i]), GV_ENOTFOUND);
}

static void
profiles_are_in_order(void **state)
{
	struct gv_serve_route r;

	(void)state;
	assert_int_equal(gv_serve_route_parse(&r, "/spring/web/a,b,c"), 0);
	assert_int_equal(r.n_profiles, 3);
	assert_string_equal(r.profiles[0], "a");
	assert_string_equal(r.profiles[2], "c");
	assert_int_equal(gv_serve_route_parse(&r,
			     "/spring/w/1,2,3,4,5,6,7,8,9,10,11,12,"
			     "13,14,15,16,17"),
	    GV_ENOTFOUND);
}

static void
waits_are_bounded(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* negative: refused */
	} rows[] = { { NULL, 300000 }, { "30s", 30000 }, { "30", 30000 },
		{ "500ms", 500 }, { "2m", 120000 }, { "0s", 0 },
		{ "11m", 600000 }, { "1000000", 600000 }, { "", -1 },
		{ "s", -1 }, { "-1s", -1 }, { "+1s", -1 }, { " 1s", -1 },
		{ "1h", -1 }, { "1s ", -1 }, { "1e3", -1 },
		{ "99999999999999999999s", -1 } };
	int64_t ms;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = gv_serve_route_wait(&ms, rows[i].text);
		assert_int_equal(r, rows[i].ms < 0 ? GV_EUSAGE : 0);
		if (r == 0)
			assert_int_equal(ms, rows[i].ms);
	}
}

static void
an_index_is_digits(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(gv_serve_route_index(&n, "1795941122213"), 0);
	assert_int_equal(n, 1795941122213);
	assert_int_equal(gv_serve_route_index(&n, ""), GV_EUSAGE);
	assert_int_equal(gv_serve_route_index(&n, "-1"), GV_EUSAGE);
	assert_int_equal(gv_serve_route_index(&n, "1x"), GV_EUSAGE);
	assert_int_equal(
	    gv_serve_route_index(&n, "9999999999999999999"), GV_EUSAGE);
}

static void
tags_match(void **state)
{
	static const struct {
		const char *header;
		bool matches;
	} rows[] = { { NULL, false }, { "", false }, { "\"a\"", true },
		{ "W/\"a\"", true }, { "\"b\", \"a\"", true }, { "*", true },
		{ "\"b\",W/\"a\"", true }, { "a", false }, { "\"ab\"", false },
		{ ",,,", false }, { "\"b\"", false } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    gv_serve_route_matches(rows[i].header, "\"a\""),
		    rows[i].matches);
}

/* Who may what: lines with scopes, of several environments. */
static void
scopes_are_rights(void **state)
{
	static const char sum[] = "0c0beacef8877bbf2416eb00f2b5dc96"
				  "354e26dd1df5517320459b1236860f8c";
	static const char token[] = "Bearer aaaaaaaaaaaaaaaa";
	struct gv_serve_visitor v;
	struct gv_serve_access access;
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	gv_buf_addf(&text,
	    "dev bob %s\nprod bob %s config,secrets\nops bob %s state\n", sum,
	    sum, sum);
	assert_int_equal(gv_serve_access_parse(&access, text.p, text.len), 0);
	assert_int_equal(gv_serve_access_judge(
			     &v, &access, token, "dev", GV_SERVE_MAY_CONFIG),
	    200);
	assert_int_equal(v.rights, GV_SERVE_MAY_STATE | GV_SERVE_MAY_CONFIG);
	assert_int_equal(v.entry, 0);
	assert_int_equal(gv_serve_access_judge(
			     &v, &access, token, "prod", GV_SERVE_MAY_CONFIG),
	    200);
	assert_int_equal(v.rights, GV_SERVE_MAY_CONFIG | GV_SERVE_MAY_SECRETS);
	assert_int_equal(v.entry, 1);
	assert_int_equal(gv_serve_access_judge(
			     &v, &access, token, "prod", GV_SERVE_MAY_STATE),
	    403);
	assert_int_equal(gv_serve_access_judge(
			     &v, &access, token, "ops", GV_SERVE_MAY_CONFIG),
	    403);
	assert_int_equal(gv_serve_access_judge(
			     &v, &access, NULL, "dev", GV_SERVE_MAY_CONFIG),
	    401);
	assert_string_equal(v.user, "");
	assert_int_equal(gv_serve_access_judge(
			     &v, &access, token, NULL, GV_SERVE_MAY_CONFIG),
	    200);
	gv_serve_access_release(&access);
	gv_buf_release(&text);
}

UNIT(serve_route)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_front_of_a_path_is_the_host),
		cmocka_unit_test(paths_are_routes),
		cmocka_unit_test(other_paths_are_refused),
		cmocka_unit_test(profiles_are_in_order),
		cmocka_unit_test(waits_are_bounded),
		cmocka_unit_test(an_index_is_digits),
		cmocka_unit_test(tags_match),
		cmocka_unit_test(scopes_are_rights),
	};

	return UNIT_RUN(tests);
}
