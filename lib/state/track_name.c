#include "base/buf.h"
#include "base/err.h"
#include "policy/disclosure.h"
#include "repo/oid.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "state/track_internal.h"

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
	gv_buf_addf(&lock, GV_REFS_LOCKS "%s/%s", of->env, of->stack);
	if ((r = gv_buf_check(&lock)) == 0)
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
