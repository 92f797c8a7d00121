#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "serve/serve_page.h"
#include "vault/label.h"

#define STATE  "/state/"
#define CONFIG "/v1/config/"
#define SPRING "/spring/"
#define WAIT   ((int64_t)300 * 1000) /* ms, unless said */

static int
unknown(void)
{
	return gv_err(GV_ENOTFOUND,
	    "there is nothing here; a state is at " STATE
	    "ENV/STACK, configuration at " CONFIG
	    "ENV/SERVICE, a value at " CONFIG "ENV/SERVICE/KEY");
}

/* A name up to one of the ends. "-" stands for none where that may be. NULL: it
 * is no name. */
static const char *
take_name(
    char out[GV_SERVE_NAME], const char *at, const char *ends, bool may_be_none)
{
	const size_t n = strcspn(at, ends);

	if (n == 0 || n >= GV_SERVE_NAME)
		return NULL;
	memcpy(out, at, n);
	out[n] = '\0';
	if (may_be_none && strcmp(out, "-") == 0)
		*out = '\0';
	else if (!gv_label_is_valid(out))
		return NULL;
	return at + n;
}

static int
parse_config(struct gv_serve_route *out, const char *at)
{
	out->kind = GV_SERVE_AT_CONFIG;
	if ((at = take_name(out->env, at, "/", true)) == NULL || *at != '/' ||
	    (at = take_name(out->service, at + 1, "/", true)) == NULL)
		return unknown();
	if (*at == '/')
		at++;
	if (strlen(at) >= sizeof(out->key))
		return gv_err(GV_ENOTFOUND, "a key has %zu bytes at most",
		    sizeof(out->key) - 1);
	memcpy(out->key, at, strlen(at) + 1);
	return 0;
}

/* The order of Spring's profiles is kept: the last one wins. */
static int
parse_spring(struct gv_serve_route *out, const char *at)
{
	out->kind = GV_SERVE_AT_SPRING;
	if ((at = take_name(out->service, at, "/", false)) == NULL ||
	    *at != '/')
		goto no;
	do {
		if (out->n_profiles == GV_SERVE_PROFILES)
			return gv_err(GV_ENOTFOUND,
			    "more than %d profiles are named",
			    GV_SERVE_PROFILES);
		at = take_name(
		    out->profiles[out->n_profiles++], at + 1, "/,", false);
		if (at == NULL)
			goto no;
	} while (*at == ',');
	if (*at == '/')
		at++;
	if (strlen(at) >= sizeof(out->key))
		goto no;
	memcpy(out->key, at, strlen(at) + 1);
	return 0;
no:
	return gv_err(GV_ENOTFOUND,
	    "there is nothing here; what Spring asks for is at " SPRING
	    "APP/PROFILE or " SPRING "APP/PROFILE/LABEL");
}

int
gv_serve_route_parse(struct gv_serve_route *out, const char *path)
{
	static const struct {
		const char *path;
		enum gv_serve_kind kind;
		bool is_json;
	} fixed[] = { { "/health", GV_SERVE_AT_ALIVE, true },
		{ "/healthz", GV_SERVE_AT_ALIVE, false },
		{ "/v1/health", GV_SERVE_AT_HEALTH, true },
		{ "/metrics", GV_SERVE_AT_METRICS, false },
		{ "/health.html", GV_SERVE_AT_PAGE, false } };
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].path, path) == 0) {
			out->kind = fixed[i].kind;
			out->is_json = fixed[i].is_json;
			return 0;
		}
	if (strncmp(path, CONFIG, strlen(CONFIG)) == 0)
		return parse_config(out, path + strlen(CONFIG));
	if (strncmp(path, SPRING, strlen(SPRING)) == 0)
		return parse_spring(out, path + strlen(SPRING));
	if (strncmp(path, STATE, strlen(STATE)) != 0)
		return unknown();
	out->kind = GV_SERVE_AT_STATE;
	return 0;
}

/* ---- what a request says beside its path --------------------------------- */

int
gv_serve_route_wait(int64_t *ms, const char *text)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "", 1000 },
		{ "m", 60000 } };
	char *end;
	long n;
	size_t i;

	*ms = WAIT;
	if (text == NULL)
		return 0;
	n = strtol(text, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*text >= '0' && *text <= '9' && n <= 1000000 &&
		    strcmp(end, units[i].unit) == 0) {
			*ms = n * units[i].ms;
			if (*ms > GV_SERVE_WAIT_MOST)
				*ms = GV_SERVE_WAIT_MOST;
			return 0;
		}
	return gv_err(GV_EUSAGE,
	    "this is no time to wait; say it as wait=30s, wait=500ms or "
	    "wait=2m");
}

int
gv_serve_route_index(uint64_t *out, const char *text)
{
	const size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 18 || text[n])
		return gv_err(GV_EUSAGE,
		    "this is no index; use the number of the header "
		    "X-Vault-Index of an earlier answer");
	*out = strtoull(text, NULL, 10);
	return 0;
}

bool
gv_serve_route_matches(const char *header, const char *etag)
{
	const size_t len = strlen(etag);
	const char *at = header;

	while (at && *at) {
		at += strspn(at, " \t,");
		if (*at == '*')
			return true;
		/* what a proxy has made weak is the same here */
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (strncmp(at, etag, len) == 0)
			return true;
		at += strcspn(at, ",");
	}
	return false;
}
