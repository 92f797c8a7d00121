#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "hook/receive.h"
#include "repo/repo.h"

#define KEY "vault.receive." /* git has its keys in small letters */

#define MAX_TIME   300 /* seconds */
#define MAX_MEMORY ((int64_t)1024 * 1024 * 1024)
#define MAX_AHEAD  600 /* what clocks differ by */

/* Enough for a week of one person; more than that is better signed. */
#define MAX_DELETES 100

/* A length of time, or 0. */
static int
read_span(
    int64_t *out, const struct gv_repo *repo, const char *key, int64_t fallback)
{
	const char *v = gv_config_get(&repo->config, key);

	*out = fallback;
	if (v == NULL)
		return 0;
	if (strcmp(v, "0") == 0)
		*out = 0;
	else if (gv_time_parse_span(out, v) < 0)
		return gv_err(GV_EREFUSED,
		    "%s is '%s' in git's configuration; it is a time such as "
		    "90, 5m or 2h, or 0 for none",
		    key, v);
	return 0;
}

/* A number of bytes, or 0. */
static int
read_size(uint64_t *out, const struct gv_repo *repo, const char *key,
    int64_t fallback)
{
	const char *v = gv_config_get(&repo->config, key);
	int64_t n = v ? gv_config_int(&repo->config, key, -1) : fallback;

	if (n < 0)
		return gv_err(GV_EREFUSED,
		    "%s is '%s' in git's configuration; it is a size such as "
		    "64m or 2g, or 0 for any",
		    key, v);
	*out = (uint64_t)n;
	return 0;
}

/* A number, 0 for none. */
static int
read_count(
    int64_t *out, const struct gv_repo *repo, const char *key, int64_t fallback)
{
	const char *v = gv_config_get(&repo->config, key);

	*out = v ? gv_config_int(&repo->config, key, -1) : fallback;
	if (*out < 0)
		return gv_err(GV_EREFUSED,
		    "%s is '%s' in git's configuration; it must be a number",
		    key, v);
	return 0;
}

/* False where it is not set. */
static int
read_bool(bool *out, const struct gv_repo *repo, const char *key)
{
	const char *v = gv_config_get(&repo->config, key);

	*out = gv_config_bool(&repo->config, key, false);
	/* what is no boolean is whatever it falls back to */
	if (v && *out != gv_config_bool(&repo->config, key, true))
		return gv_err(GV_EREFUSED,
		    "%s is '%s' in git's configuration; it is true or false",
		    key, v);
	return 0;
}

static int
read_mode(
    enum gv_receive_mode *out, const struct gv_repo *repo, const char *key)
{
	static const char *const words[] = { "refuse", "warn", "ignore" };
	const char *v = gv_config_get(&repo->config, key);
	int i;

	*out = GV_RECEIVE_REFUSE;
	for (i = 0; v && i < 3; i++)
		if (strcmp(v, words[i]) == 0) {
			*out = (enum gv_receive_mode)i;
			return 0;
		}
	return v == NULL
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s is '%s' in git's configuration; it is refuse, warn or "
		  "ignore",
		  key, v);
}

int
gv_receive_settings_read(
    struct gv_receive_settings *out, const struct gv_repo *repo)
{
	int r;

	if ((r = read_mode(&out->secrets, repo, KEY "secrets")) < 0 ||
	    (r = read_mode(&out->freeze, repo, KEY "freeze")) < 0 ||
	    (r = read_mode(&out->access, repo, KEY "access")) < 0 ||
	    (r = read_size(
		 &out->max_memory, repo, KEY "maxmemory", MAX_MEMORY)) < 0 ||
	    (r = read_span(&out->max_time, repo, KEY "maxtime", MAX_TIME)) <
		0 ||
	    (r = read_span(&out->max_ahead, repo, KEY "maxahead", MAX_AHEAD)) <
		0 ||
	    (r = read_span(&out->max_age, repo, KEY "maxage", 0)) < 0 ||
	    (r = read_count(&out->max_deletes, repo, "vault.receivemaxdeletes",
		 MAX_DELETES)) < 0 ||
	    (r = read_bool(&out->comments, repo, KEY "comments")) < 0)
		return r;
	out->policy = gv_config_get(&repo->config, KEY "policy");
	return 0;
}
