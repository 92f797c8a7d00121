#include "base/buf.h"
#include "base/err.h"
#include "store/oid.h"
#include "store/ref.h"
#include "vault/disclosure.h"
#include "vault/statelock.h"
#include "vault/track_internal.h"

int
gv_track_check_name(const char *what, const char *name)
{
	return gv_statelock_is_name(name)
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "%s cannot be called '%s': it has at most 64 letters, digits "
		  "and ._-, and begins with a letter or digit",
		  what, name);
}

/* Whether a state or a lock is called so already: who works with it is not
 * stopped by a rule that has come since. */
static int
is_known(bool *out, struct gv_repo *repo, const struct gv_track_of *of)
{
	struct gv_buf lock = GV_BUF_INIT;
	struct gv_oid oid;
	int r = gv_track_tip(&oid, repo, of);

	*out = r == 0 && !gv_oid_is_zero(&oid);
	if (r < 0 || *out)
		return r;
	gv_buf_addf(&lock, GV_STATELOCK_REFS "%s/%s", of->env, of->stack);
	r = gv_buf_check(&lock);
	if (r == 0)
		r = gv_ref_find(&oid, repo, lock.p);
	*out = r == 0 && !gv_oid_is_zero(&oid);
	gv_buf_release(&lock);
	return r;
}

int
gv_track_check_new(struct gv_repo *repo, const struct gv_track_of *of)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	bool known;
	int r = is_known(&known, repo, of);

	if (r == 0 && !known)
		r = gv_disclosure_check(
		    &d, "the name of an environment", of->env);
	if (r == 0 && !known)
		r = gv_disclosure_check(&d, "the name of a stack", of->stack);
	gv_disclosure_release(&d);
	return r;
}
