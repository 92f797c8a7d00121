#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "good/good_deployed.h"
#include "record/record.h"
#include "whole/whole.h"

/* The sentence that refuses the snapshot, with the command that takes it: what
 * is not whole is the environment in it, or its newest state. */
static int
refuse(const struct gv_record *rec, const char *env,
    const struct gv_whole *whole, bool is_newest)
{
	struct gv_buf why = GV_BUF_INIT, name = GV_BUF_INIT;
	int r;

	gv_whole_add_reasons(&why, whole, env);
	gv_shell_word(&name, env);
	if ((r = gv_buf_check(&why)) == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_err(GV_EREFUSED,
		    "environment %s is not whole %s%s: %s; to mark it all the "
		    "same: git vault good mark --snapshot %s%s",
		    env, is_newest ? "by its newest state" : "in snapshot ",
		    is_newest ? "" : rec->id, why.p, rec->id, name.p);
	gv_buf_release(&why);
	gv_buf_release(&name);
	return r;
}

int
gv_good_check_whole(
    struct gv_repo *repo, const struct gv_record *rec, const char *env)
{
	struct gv_whole whole;
	int r = gv_whole_load(&whole, repo, rec);

	if (r == 0 && !gv_whole_has(&whole, env))
		r = refuse(rec, env, &whole, false);
	gv_whole_release(&whole);
	if (r < 0)
		return r;
	/* the record names the newest state, which may be of a later time */
	r = gv_whole_load_newest(&whole, repo, env);
	if (r == 0 && !gv_whole_has(&whole, env))
		r = refuse(rec, env, &whole, true);
	gv_whole_release(&whole);
	return r;
}
