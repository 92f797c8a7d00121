#include "doctor/doctor_internal.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "infra/precious.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_walk.h"
#include "sys/cancel.h"
#include "sys/proc.h"

/*
 * What snapshots have in clear that is ignored: those that withhold nothing are
 * looked through once for files that may be, which a cache remembers, since
 * there may be thousands of them and a commit never changes. Of these git tells
 * which its rules of now ignore: another one is never sealed.
 */
#define NAME "clear"

/* So few are looked through again rather than write the file. */
#define WORTH_WRITING 16

struct look {
	struct gv_odb *odb;
	struct gv_table known;       /* GV_DOCTOR_CLEAR_INIT */
	const struct gv_record *rec; /* the snapshot at hand … */
	struct gv_oid base;          /* … and HEAD's tree then, or zero */
	struct gv_buf paths; /* that it may have in clear, each with its NUL */
	/* the last one that has none, and the commit below it: what is in
	 * both was looked at; zero: no such */
	struct gv_oid clean, clean_base;
	struct gv_buf found; /* of each that has any ID, paths, "": with NULs */
	struct gv_buf asked; /* all these paths, once */
	struct gv_map seen;  /* the same; keys are the arena's */
	struct gv_arena arena;
	unsigned long snapshots;
	struct gv_buf first; /* ID:PATH */
};

static bool
is_file(const struct gv_tree_entry *e)
{
	return e && e->mode != GV_MODE_LINK && e->mode != GV_MODE_GIT;
}

/* Whether HEAD had this path. */
static int
is_of_git(bool *out, const struct look *l, const char *path)
{
	struct gv_oid oid;
	unsigned mode;
	int r = gv_oid_is_zero(&l->base)
	    ? GV_ENOTFOUND
	    : gv_tree_find(l->odb, &l->base, path, &mode, &oid);

	*out = r == 0;
	return r == GV_ENOTFOUND ? 0 : r;
}

/* What HEAD did not have is not Git's; and if its name is precious it may be
 * ignored. */
static int
look_at_path(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *before, const struct gv_tree_entry *own)
{
	struct look *l = ctx;
	bool is_git;
	int r;

	if (!is_file(own) || is_file(before) ||
	    gv_precious_rule(path, len) == NULL)
		return 0;
	r = is_of_git(&is_git, l, path);
	if (r < 0 || is_git)
		return r;
	gv_buf_add(&l->paths, path, len);
	gv_buf_addch(&l->paths, '\0');
	return gv_buf_check(&l->paths);
}

static int
find_base(struct gv_oid *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	if (r == 0 &&
	    (obj.len < 5 + GV_OID_HEX ||
		gv_oid_parse(out, (const char *)obj.data + 5) < 0))
		r = GV_ECORRUPT;
	gv_object_release(&obj);
	return r;
}

/* Look through the trees. 0 with l->paths set; what is damaged fails. */
static int
look_through(struct look *l)
{
	const struct gv_record *rec = l->rec;
	bool has_base = !gv_oid_is_zero(&rec->base);
	bool is_next = !gv_oid_is_zero(&l->clean) &&
	    gv_oid_equal(&rec->base, &l->clean_base);
	int r;

	memset(&l->base, 0, sizeof(l->base));
	if ((r = has_base ? find_base(&l->base, l->odb, &rec->base) : 0) == 0)
		r = gv_tree_diff(l->odb,
		    is_next        ? &l->clean
			: has_base ? &l->base
				   : NULL,
		    &rec->tree, look_at_path, l);
	return r;
}

/* Take note of what it has. */
static int
note(struct look *l)
{
	const char *at, *end = l->paths.p + l->paths.len;
	char *key;
	size_t len;

	gv_buf_add(&l->found, l->rec->id, strlen(l->rec->id) + 1);
	gv_buf_add(&l->found, l->paths.p, l->paths.len);
	gv_buf_addch(&l->found, '\0');
	for (at = l->paths.p; at < end; at += len + 1) {
		len = strlen(at);
		if (gv_map_get(&l->seen, at, len))
			continue;
		key = gv_arena_copy(&l->arena, at, len);
		if (key == NULL || gv_map_put(&l->seen, key, len, key) < 0)
			return GV_ENOMEM;
		gv_buf_add(&l->asked, at, len + 1);
	}
	return gv_buf_check(&l->asked) < 0 ? GV_ENOMEM
					   : gv_buf_check(&l->found);
}

static int
look_at_snapshot(struct look *l, const struct gv_record *rec)
{
	size_t len;
	const char *known = gv_table_get(&l->known, rec->commit.id, &len);
	int r = 0;

	l->rec = rec;
	gv_buf_reset(&l->paths);
	/* earlier there was the first path alone, without its NUL */
	if (known && len && known[len - 1] != '\0')
		known = NULL;
	if (known)
		gv_buf_add(&l->paths, known, len);
	else
		r = look_through(l);
	/* what is damaged is for verify to tell */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	if (r < 0 || (r = gv_buf_check(&l->paths)) < 0)
		goto out;
	if (known == NULL)
		r = gv_table_add(
		    &l->known, rec->commit.id, l->paths.p, l->paths.len);
out:
	if (r < 0 || l->paths.len)
		return r < 0 ? r : note(l);
	l->clean = rec->tree;
	l->clean_base = rec->base;
	return 0;
}

static int
look_at_all(struct look *l, struct gv_repo *repo)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	int r = gv_repo_odb(repo, &l->odb);

	if (r == 0 && (r = gv_table_load(&l->known, repo, NAME)) == 0)
		r = gv_record_walk_open(
		    &walk, repo, GV_RECORD_RECALL | GV_RECORD_ALL);
	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		if (r > 0)
			r = rec.format < GV_RECORD_WITHHOLDS
			    ? look_at_snapshot(l, &rec)
			    : 0;
		else if (r == GV_ECORRUPT)
			r = 0;
		gv_record_release(&rec);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_record_walk_close(walk);
	return r;
}

/* Which of these paths git ignores, by the rules of now: set `ignored`, whose
 * keys are the output's. 1; 0 where git cannot tell, as without a working tree
 * or where a path now leads over a link. */
static int
ask_git(struct gv_map *ignored, struct gv_proc *p, const struct look *l,
    const struct gv_repo *repo)
{
	const char *argv[] = { "git", "--git-dir", repo->git_dir, "--work-tree",
		repo->worktree, "check-ignore", "--no-index", "-z", "--stdin",
		NULL };
	struct gv_proc_opts opts = { .argv = argv,
		.cwd = repo->worktree,
		.in = l->asked.p,
		.in_len = l->asked.len };
	const char *at;
	int r;

	if (repo->worktree == NULL)
		return 0;
	r = gv_proc_run(p, &opts);
	if (r < 0 || p->status > 1)
		return r < 0 ? r : 0;
	for (at = p->out.p; r == 0 && at < p->out.p + p->out.len;
	     at += strlen(at) + 1)
		r = gv_map_put(ignored, at, strlen(at), p);
	return r < 0 ? r : 1;
}

/* Count the snapshots that have any of them; NULL: whose name may be enough. */
static int
count(struct look *l, const struct gv_map *ignored)
{
	const char *at = l->found.p, *end = at + l->found.len, *id;
	bool is_in;

	while (at < end) {
		id = at;
		is_in = false;
		for (at += strlen(at) + 1; *at; at += strlen(at) + 1) {
			if (is_in ||
			    (ignored && !gv_map_get(ignored, at, strlen(at))))
				continue;
			is_in = true;
			if (l->snapshots++ == 0)
				gv_buf_addf(&l->first, "%s:%s", id, at);
		}
		at++;
	}
	return gv_buf_check(&l->first);
}

static int
judge(struct look *l, const struct gv_repo *repo)
{
	struct gv_map ignored = GV_MAP_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (l->asked.len == 0)
		return 0;
	r = ask_git(&ignored, &p, l, repo);
	if (r >= 0)
		r = count(l, r ? &ignored : NULL);
	gv_map_release(&ignored);
	gv_proc_release(&p);
	return r;
}

int
gv_doctor_clear(struct gv_doctor *d)
{
	struct look l = { .known = GV_DOCTOR_CLEAR_INIT,
		.paths = GV_BUF_INIT,
		.found = GV_BUF_INIT,
		.asked = GV_BUF_INIT,
		.seen = GV_MAP_INIT,
		.arena = GV_ARENA_INIT,
		.first = GV_BUF_INIT };
	int r = look_at_all(&l, d->repo);

	if (r == 0 && (r = judge(&l, d->repo)) == 0 && l.snapshots)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "precious_in_clear",
		    "git vault secret purge --precious",
		    "%lu snapshot%s ignored files in plaintext, from before "
		    "they were encrypted, such as %s",
		    l.snapshots, l.snapshots == 1 ? " holds" : "s hold",
		    l.first.p);
	if (l.known.n_rows >= WORTH_WRITING ||
	    l.known.n >= 2 * d->snapshots.n + WORTH_WRITING)
		gv_table_save_refs(&l.known, d->repo, NAME, &d->snapshots);
	gv_table_release(&l.known);
	gv_buf_release(&l.paths);
	gv_buf_release(&l.found);
	gv_buf_release(&l.asked);
	gv_map_release(&l.seen);
	gv_arena_release(&l.arena);
	gv_buf_release(&l.first);
	return r;
}
