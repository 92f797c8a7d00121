#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "replica/target.h"

/* ---- regions ------------------------------------------------------------- */

static int
add_texts(struct gv_buf *out, const struct gv_policy_texts *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		gv_buf_addf(out, "%s%s", i ? ", " : "", list->items[i]);
	return gv_buf_check(out);
}

/* "is in the region us-a", "does not say its region" */
static void
add_where(struct gv_buf *out, const struct gv_target *t)
{
	gv_buf_addf(out, "the target %s ", t->name);
	if (t->region)
		gv_buf_addf(out, "is in the region %s", t->region);
	else
		gv_buf_addstr(out, "does not say its region");
}

bool
gv_target_is_refused(const struct gv_target *t)
{
	return t->policy && !gv_policy_lets_region(t->policy, t->region);
}

bool
gv_target_is_disputed(const struct gv_target *t)
{
	return t->policy && !gv_target_is_refused(t) &&
	    !gv_policy_will_let_region(t->policy, t->region);
}

int
gv_target_check_region(const struct gv_target *t)
{
	struct gv_buf allowed = GV_BUF_INIT, where = GV_BUF_INIT;
	int r;

	if (!gv_target_is_refused(t))
		return 0;
	add_where(&where, t);
	if ((r = add_texts(&allowed, &t->policy->residency)) < 0 ||
	    (r = gv_buf_check(&where)) < 0)
		goto out;
	r = gv_err(GV_EREFUSED,
	    "%s, and the policy lets copies be in %s only (residency); nothing "
	    "was sent. %s%s%s",
	    where.p, allowed.p,
	    t->region ? "To see the policy: git vault policy show"
		      : "If it is in one of them: git config vault.target.",
	    t->region ? "" : t->name, t->region ? "" : ".region");
out:
	gv_buf_release(&allowed);
	gv_buf_release(&where);
	return r;
}

int
gv_target_check_disputed(const struct gv_target *t)
{
	struct gv_buf allowed = GV_BUF_INIT, where = GV_BUF_INIT;
	int r;

	if (!gv_target_is_disputed(t))
		return 0;
	add_where(&where, t);
	if ((r = add_texts(&allowed, &t->policy->residency_also)) == 0 &&
	    (r = gv_buf_check(&where)) == 0)
		r = gv_err(GV_EREFUSED,
		    "%s, and .gitvault.yaml lets copies be in %s only "
		    "(residency). That is not accepted, so copies go on; once "
		    "it is accepted, they end",
		    where.p, allowed.p);
	gv_buf_release(&allowed);
	gv_buf_release(&where);
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
