/* What the server reads by itself of a request and of its files: the paths, who
 * asks, the credentials, the address. A byte tells which. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/err.h"
#include "health/metrics.h"
#include "serve/serve_page.h"

static void
check_target(const char *text)
{
	struct gv_serve_target t;

	if (gv_serve_target_parse(&t, text) < 0) {
		must(*gv_err_message());
		return;
	}
	must(*t.env && *t.stack);
	must(!strchr(t.env, '/') && !strchr(t.stack, '/'));
	must(gv_serve_target_verb(&t, "LOCK") == GV_SERVE_LOCK);
	must(gv_serve_target_verb(&t, text) == GV_SERVE_NONE);
}

/* No name leads to another folder, and all that is read is bounded. */
static void
check_route(const char *text)
{
	struct gv_serve_route r;
	uint64_t index;
	int64_t ms;

	if (gv_serve_route_parse(&r, text) < 0) {
		must(*gv_err_message());
	} else {
		must(!strchr(r.env, '/') && !strchr(r.service, '/'));
		must(*r.env != '.' && *r.service != '.');
		must(r.n_profiles <= GV_SERVE_PROFILES);
	}
	must(gv_serve_route_wait(&ms, text) < 0 ||
	    (ms >= 0 && ms <= GV_SERVE_WAIT_MOST));
	(void)gv_serve_route_index(&index, text);
	(void)gv_serve_route_matches(text, "\"a\"");
	(void)gv_metrics_open_is_wanted(text);
}

/* Nobody gets in whom no line names. */
static void
check_header(const char *text)
{
	/* the sum of nothing, and of sixteen letters a */
	static const char lines[] = "prod ann e3b0c44298fc1c149afbf4c8996fb924"
				    "27ae41e4649b934ca495991b7852b855\n"
				    "prod bob 0c0beacef8877bbf2416eb00f2b5dc96"
				    "354e26dd1df5517320459b1236860f8c\n";
	struct gv_serve_access access;
	char user[GV_SERVE_NAME];
	unsigned status;

	must(gv_serve_access_parse(&access, lines, sizeof(lines) - 1) == 0);
	must(access.n == 2);
	status = gv_serve_access_check(&access, text, "prod", user);
	must(status == 401 || (status == 200 && strcmp(user, "bob") == 0));
	must((status == 401) == (*user == '\0'));
	must(gv_serve_access_check(&access, text, "dev", user) ==
	    (status == 200 ? 403 : 401));
	gv_serve_access_release(&access);
}

static void
check_file(const char *text, size_t len)
{
	struct gv_serve_access access;
	size_t i;
	int r = gv_serve_access_parse(&access, text, len);

	must(r == 0 || (r == GV_EUSAGE && *gv_err_message()));
	for (i = 0; r == 0 && i < access.n; i++)
		must(*access.entries[i].env && *access.entries[i].user);
	gv_serve_access_release(&access);
}

static void
check_address(const char *text)
{
	struct gv_serve_address at, again;
	struct gv_buf out = GV_BUF_INIT;

	(void)gv_serve_address_is_named(
	    &(struct gv_serve_address){ .is_local = true }, text);
	if (gv_serve_address_parse(&at, text) < 0) {
		must(*gv_err_message());
		return;
	}
	gv_serve_address_format(&out, &at, false);
	must(gv_serve_address_parse(
		 &again, at.path ? out.p : out.p + strlen("http://")) == 0);
	must(at.family == again.family && at.port == again.port &&
	    at.is_local == again.is_local);
	gv_buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (len == 0)
		return 0;
	text = strndup((const char *)data + 1, len - 1);
	must(text != NULL);
	switch (data[0]) {
	case 't':
		check_target(text);
		break;
	case 'r':
		check_route(text);
		break;
	case 'h':
		check_header(text);
		break;
	case 'c':
		check_file((const char *)data + 1, len - 1);
		break;
	default:
		check_address(text);
	}
	free(text);
	return 0;
}
