#include "base/err.h"
#include "sync/sync_internal.h"

/*
 * A server can take refs that it lists to nobody who fetches. To us it is empty
 * each time then, and refs of others block those here, or are the same.
 * That the one list has a ref and the other does not is no proof: it may have
 * come between the two. So the remote is asked once more, and all of it done
 * again once, since a server may also be slow to tell of what it has taken.
 */

static const char *
find_hidden(const struct gv_sync *s, const struct gv_refs *list)
{
	size_t i;

	for (i = 0; i < s->refs.n; i++) {
		const char *name = s->refs.refs[i].name;

		if (gv_sync_set_has(&s->unseen, name) &&
		    gv_refs_find(list, name) == NULL)
			return name;
	}
	return NULL;
}

static int
say_hidden(const struct gv_sync *s, const char *name)
{
	struct gv_buf there = GV_BUF_INIT;
	int r = gv_remote_ref_there(&there, &s->map, name);

	if (r == 0 && s->attempt == 0)
		r = gv_err(GV_EEXISTS, "the remote '%s' does not show %s yet",
		    s->remote, there.p);
	else if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "the remote '%s' accepts refs of the vault but hides them, "
		    "such as %s, so the snapshots of others cannot be fetched; "
		    "`git vault doctor %s` tests this, and on the server "
		    "transfer.hideRefs or uploadpack.hideRefs hides them",
		    s->remote, there.p, s->remote);
	gv_buf_release(&there);
	return r;
}

int
gv_sync_shown(struct gv_sync *s)
{
	struct gv_refs list = { .n = 0 };
	const char *hidden;
	int r;

	/* else no fetch has looked where this was pushed to */
	if (s->unseen.n == 0 || s->is_elsewhere || s->opts->no_fetch)
		return 0;
	r = gv_sync_ask(&list, s);
	hidden = r == 0 ? find_hidden(s, &list) : NULL;
	if (hidden)
		r = say_hidden(s, hidden);
	gv_refs_release(&list);
	return r;
}
