#include <string.h>

#include "audit/receipt.h"
#include "base/err.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"
#include "vault/ancestry.h"
#include "worktree/cache.h"

/*
 * Receipts stay the server's: they are fetched beside ours and never merged.
 * What is looked at is whether each chain goes on from where it ended when it
 * was seen last. That is in vault/receipts-seen below the shared .git: for each
 * chain of a remote a line, 40 digits and the ref that a fetch brought it as.
 * Lost it costs that one look; an end that is not to be found again is kept
 * there, and told each time, until somebody takes the file away.
 */
#define SEEN "receipts-seen"

struct look {
	struct gv_sync *s;
	struct gv_buf prefix; /* of the remote's chains */
	struct gv_buf seen;   /* as it will be */
};

static int
add_line(struct look *l, const struct gv_oid *tip, const char *ref)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, tip);
	gv_buf_addf(&l->seen, "%s %s\n", hex, ref);
	return gv_buf_check(&l->seen);
}

static int
tell(struct look *l, const char *ref, const struct gv_oid *was,
    const struct gv_oid *is)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_sync_ref told = { .ours = *was, .theirs = *is };
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, was);
	gv_buf_addf(&name, GV_REFS_SERVERS "%s", ref + l->prefix.len);
	r = gv_buf_check(&name);
	told.name = name.p;
	(void)gv_err(GV_EREFUSED,
	    "the remote '%s' had receipts up to %.12s, and %s: it may have "
	    "lost snapshots, so ask its administrator; if that is intended, "
	    "remove %s/vault/" SEEN,
	    l->s->remote, hex,
	    gv_oid_is_zero(is) ? "has none of them any more"
			       : "has lost or rewritten them",
	    l->s->repo->common_dir);
	if (r == 0)
		r = gv_sync_note_message(l->s, GV_SYNC_CONFLICT, &told);
	gv_buf_release(&name);
	return r;
}

/* Whether the chain that ended there goes on to here. 1 or 0, or a failure. An
 * end whose commit is gone was let go of by a fetch that replaced it. */
static int
goes_on(const struct gv_oid *was, const struct gv_oid *is)
{
	struct gv_oid base;
	int r;

	if (gv_oid_is_zero(is) || gv_oid_equal(was, is))
		return !gv_oid_is_zero(is);
	r = gv_ancestry_base(&base, was, is);
	if (r == GV_ERROR)
		return 0;
	return r < 0 ? r : gv_oid_equal(&base, was);
}

static int
look_at(struct look *l, const struct gv_oid *was, const char *ref)
{
	static const struct gv_oid none;
	const struct gv_ref *now = gv_refs_find(&l->s->refs.theirs, ref);
	const struct gv_oid *is = now ? &now->oid : &none;
	int r = goes_on(was, is);

	/* a shallow clone may lack what is between them */
	if (r == 0 && (gv_oid_is_zero(is) || !l->s->repo->shallow))
		r = tell(l, ref, was, is);
	else if (r > 0)
		was = is;
	return r < 0 ? r : add_line(l, was, ref);
}

/* An invalid line is dropped: then that chain is seen for the first time.
 */
static int
look_at_line(struct look *l, char *line)
{
	const char *ref = line + GV_OID_HEX + 1;
	struct gv_oid was;

	if (strlen(line) <= GV_OID_HEX || line[GV_OID_HEX] != ' ')
		return 0;
	line[GV_OID_HEX] = '\0';
	if (gv_oid_parse(&was, line) < 0)
		return 0;
	if (strncmp(ref, l->prefix.p, l->prefix.len) == 0)
		return look_at(l, &was, ref);
	return add_line(l, &was, ref);
}

static int
add_new(struct look *l)
{
	const struct gv_refs *theirs = &l->s->refs.theirs;
	struct gv_buf line = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < theirs->n; i++) {
		const struct gv_ref *ref = &theirs->refs[i];

		if (strncmp(ref->name, l->prefix.p, l->prefix.len) != 0)
			continue;
		gv_buf_reset(&line);
		gv_buf_addf(&line, " %s\n", ref->name);
		if ((r = gv_buf_check(&line)) == 0 &&
		    strstr(l->seen.p, line.p) == NULL)
			r = add_line(l, &ref->oid, ref->name);
	}
	gv_buf_release(&line);
	return r;
}

int
gv_sync_receipts(struct gv_sync *s)
{
	struct look l = { .s = s, .prefix = GV_BUF_INIT, .seen = GV_BUF_INIT };
	struct gv_buf old = GV_BUF_INIT, text = GV_BUF_INIT;
	char *line, *nl;
	int r = 0;

	gv_buf_addf(&l.prefix, GV_REFS_REMOTES "%s/server/", s->remote);
	if (gv_cache_load(&old, s->repo, SEEN) == GV_ENOMEM) {
		r = GV_ENOMEM;
		goto out;
	}
	gv_buf_add(&text, old.p, old.len);
	if ((r = gv_buf_check(&l.prefix)) < 0 || (r = gv_buf_check(&text)) < 0)
		goto out;
	for (line = text.p; r == 0 && (nl = strchr(line, '\n'));
	     line = nl + 1) {
		*nl = '\0';
		r = look_at_line(&l, line);
	}
	if (r < 0 || (r = add_new(&l)) < 0)
		goto out;
	if (!s->opts->dry_run &&
	    (l.seen.len != old.len || memcmp(l.seen.p, old.p, old.len) != 0))
		gv_cache_save(s->repo, SEEN, &l.seen, true);
out:
	gv_buf_release(&l.prefix);
	gv_buf_release(&l.seen);
	gv_buf_release(&old);
	gv_buf_release(&text);
	return r;
}
