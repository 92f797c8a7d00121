#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "replica/target.h"

/* ---- regions ------------------------------------------------------------- */

static void
add_texts(struct gv_buf *out, const struct gv_policy_texts *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		gv_buf_addf(out, "%s%s",
		    i              ? ", "
			: out->len ? "; "
				   : "",
		    list->items[i]);
}

bool
gv_target_is_refused(const struct gv_target *t)
{
	return t->policy && !gv_policy_lets_region(t->policy, t->region);
}

int
gv_target_check_region(const struct gv_target *t)
{
	struct gv_buf allowed = GV_BUF_INIT;
	int r;

	if (!gv_target_is_refused(t))
		return 0;
	add_texts(&allowed, &t->policy->residency);
	add_texts(&allowed, &t->policy->residency_also);
	if (t->region)
		r = gv_err(GV_EREFUSED,
		    "the target %s is in the region %s, and the policy lets "
		    "copies be in %s only (residency); nothing was sent",
		    t->name, t->region, allowed.p);
	else
		r = gv_err(GV_EREFUSED,
		    "the target %s does not say its region, and the policy "
		    "lets copies be in %s only (residency); nothing was sent. "
		    "If it is in one of them: git config "
		    "vault.target.%s.region",
		    t->name, allowed.p, t->name);
	gv_buf_release(&allowed);
	return r;
}

/* ---- places -------------------------------------------------------------- */

void
gv_target_place(struct gv_buf *out, const struct gv_target *t)
{
	const char *rest = strstr(t->url, "://"), *at;
	size_t n;

	/* two folders may be on one disk, and a disk on one host: only the user
	 * knows */
	if (strncmp(t->url, "file:", 5) == 0) {
		gv_buf_addf(out, "file:%s", t->region ? t->region : "");
		return;
	}
	rest = rest ? rest + 3 : strchrnul(t->url, ':');
	n = strcspn(rest, "/?#");
	/* who logs in there does not make it another server */
	at = memchr(rest, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - rest);
		rest = at + 1;
	}
	gv_buf_addf(out, "%.*s", (int)strcspn(t->url, ":"), t->url);
	gv_buf_addf(
	    out, ":%s/%.*s", t->endpoint ? t->endpoint : "", (int)n, rest);
}
