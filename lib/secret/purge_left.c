#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "object/odb.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/reparent.h"
#include "secret/purge_internal.h"
#include "sys/proc.h"

/* Refs of the user's: all but ours and what a fetch brought of them. */
#define USERS                                                                  \
	"--exclude=refs/vault/*", "--exclude=refs/vault-remote/*",             \
	    "--exclude=refs/vault-trash/*", "--all"
#define SNAPSHOTS "--glob=refs/vault/snapshots/*"
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/* What lists of objects are looked through for. */
struct look {
	struct gv_purge_run *run;
	enum gv_purge_kind kind;
	const char *why;
	bool quiet;  /* only whether there is one */
	bool inside; /* also what stands in a snapshot's own trees */
	size_t n;
	struct gv_map seen; /* told already, whatever by */
};

/* A snapshot's own trees are reported as such, file by file. */
static bool
is_inside(const char *path)
{
	return strncmp(path, "tree/", 5) == 0 ||
	    strncmp(path, "index/", 6) == 0 || strncmp(path, "meta/", 5) == 0;
}

static int
tell(struct look *l, const struct gv_oid *oid, const char *path)
{
	struct gv_purge_note note = { .kind = l->kind,
		.path = *path ? path : NULL,
		.why = l->why,
		.object = *oid };
	char *key;

	l->n++;
	if (l->quiet || gv_map_get(&l->seen, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&l->run->arena, oid->id, GV_OID_RAW);
	if (key == NULL || gv_map_put(&l->seen, key, GV_OID_RAW, key) < 0)
		return GV_ENOMEM;
	gv_purge_tell(l->run, &note);
	return 0;
}

/* Lines "OID" and "OID PATH". */
static int
look_through(struct look *l, char *text)
{
	struct gv_oid oid;
	char *lf;
	int r = 0;

	for (; r == 0 && (lf = strchr(text, '\n')); text = lf + 1) {
		const char *path = "";

		*lf = '\0';
		if (gv_oid_parse(&oid, text) < 0 ||
		    !gv_purge_holds(l->run, &oid))
			continue;
		if (text[GV_OID_HEX] == ' ')
			path = text + GV_OID_HEX + 1;
		if (l->inside || !is_inside(path))
			r = tell(l, &oid, path);
	}
	return r;
}

static const char *const literal[] = { "GIT_LITERAL_PATHSPECS=1", NULL };

/* `in` is git's input; NULL: none. */
static int
look_by(struct look *l, const char *const *argv, const struct gv_buf *in)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.env = literal,
		.in = in ? in->p : NULL,
		.in_len = in ? in->len : 0 });

	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR,
		    "git cannot list what still contains it: %s",
		    gv_proc_why(&p));
		goto out;
	}
	r = look_through(l, p.out.p);
out:
	gv_proc_release(&p);
	return r;
}

/* ---- before ---- */

/* Add the parents of a snapshot. Not it: what is there and in its history, git
 * names once, by the path in the snapshot. */
static void
add_parents(struct gv_buf *revs, const struct gv_ref *snapshot)
{
	gv_buf_addf(revs, "%s^@\n", snapshot->name);
}

/* Those of all snapshots. */
static int
list_parents(struct gv_buf *revs, struct gv_purge_run *run)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS);

	for (i = 0; r == 0 && i < refs.n; i++)
		add_parents(revs, &refs.refs[i]);
	gv_refs_release(&refs);
	return r < 0 ? r : gv_buf_check(revs);
}

/* A command line that ends in paths: to be freed; NULL without memory. */
static const char **
with_paths(const char *const *front, size_t n_front, const char *const *paths,
    size_t n_paths)
{
	const char **argv = calloc(n_front + n_paths + 1, sizeof(*argv));

	if (argv == NULL)
		return NULL;
	memcpy(argv, front, n_front * sizeof(*argv));
	if (n_paths)
		memcpy(argv + n_front, paths, n_paths * sizeof(*argv));
	return argv;
}

/* Whether one of these commits (lines), or of those before them, that nothing
 * of the user's reaches, holds it. Where files go as a whole, at their paths:
 * that equal content is elsewhere is no reason to let go of a history. */
static int
keeps(bool *out, struct gv_purge_run *run, const struct gv_buf *revs)
{
	static const char *const front[] = { "git", "rev-list", "--objects",
		"--full-history", "--stdin", "--not", USERS, "--" };
	const char **argv = with_paths(
	    front, COUNT(front), run->opts->paths, run->opts->n_paths);
	struct look l = { .run = run, .quiet = true, .inside = true };
	int r = argv ? gv_buf_check(revs) : gv_err_nomem();

	if (r == 0)
		r = look_by(&l, argv, revs);
	*out = l.n > 0;
	free(argv);
	return r;
}

static int
find_keepers(struct gv_purge_run *run, const char ***ids, size_t *n,
    const struct gv_refs *refs)
{
	struct gv_buf revs = GV_BUF_INIT;
	size_t i;
	bool does = false;
	int r;

	for (i = 0; i < refs->n; i++)
		add_parents(&revs, &refs->refs[i]);
	if ((r = keeps(&does, run, &revs)) == 0 && does) {
		*ids = calloc(refs->n, sizeof(**ids));
		if (*ids == NULL)
			r = gv_err_nomem();
	}
	for (i = 0; r == 0 && *ids && i < refs->n; i++) {
		gv_buf_reset(&revs);
		add_parents(&revs, &refs->refs[i]);
		if ((r = keeps(&does, run, &revs)) == 0 && does)
			(*ids)[(*n)++] =
			    refs->refs[i].name + strlen(GV_REFS_SNAPSHOTS);
	}
	gv_buf_release(&revs);
	return r;
}

int
gv_purge_parents(struct gv_purge_run *run)
{
	struct gv_reparent_result result;
	struct gv_reparent_opts opts = { .safe = run->opts->safe };
	struct gv_refs refs = { 0 };
	const char **ids = NULL;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS);

	if (r == 0 && refs.n)
		r = find_keepers(run, &ids, &opts.n_snapshots, &refs);
	opts.snapshots = ids;
	if (r < 0)
		goto out;
	if (opts.n_snapshots &&
	    (r = gv_reparent_run(&result, run->repo, &opts)) < 0)
		goto out;
	r = gv_odb_refresh(run->odb);
out:
	free(ids);
	gv_refs_release(&refs);
	return r;
}

/* ---- files of the history ---- */

/* Git names trees too, and the tags that it begins with, whatever the paths. */
static bool
is_file(struct gv_purge_run *run, const struct gv_oid *oid)
{
	enum gv_otype type;
	size_t size;

	return gv_odb_read_header(run->odb, &type, &size, oid) < 0 ||
	    type == GV_OTYPE_BLOB;
}

static int
hit_lines(struct gv_purge_run *run, const char *text)
{
	struct gv_oid oid;
	int r = 0;

	for (; r == 0 && *text;
	     text += strcspn(text, "\n"), text += *text == '\n')
		if (gv_oid_parse(&oid, text) == 0 && text[GV_OID_HEX] == ' ' &&
		    is_file(run, &oid))
			r = gv_purge_hit(run, &oid);
	return r;
}

/* All that git lists by these arguments, and `in`, at these paths. */
static int
hit_paths(struct gv_purge_run *run, const char *const *front, size_t n_front,
    const char *const *paths, size_t n_paths, const struct gv_buf *in)
{
	const char **argv = with_paths(front, n_front, paths, n_paths);
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (argv == NULL)
		return gv_err_nomem();
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .env = literal, .in = in->p, .in_len = in->len });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "git cannot list the history: %s",
		    gv_proc_why(&p));
	if (r == 0)
		r = hit_lines(run, p.out.p);
	gv_proc_release(&p);
	free(argv);
	return r;
}

/* Refs and reflogs of the user, and the parents of snapshots; not the
 * snapshots, whose trees begin otherwise. */
static int
hit_users(struct gv_purge_run *run)
{
	static const char *const front[] = { "git", "rev-list", "--objects",
		"--full-history", "--stdin", "--reflog", USERS, "--" };
	struct gv_buf revs = GV_BUF_INIT;
	int r = list_parents(&revs, run);

	if (r == 0)
		r = hit_paths(run, front, COUNT(front), run->opts->paths,
		    run->opts->n_paths, &revs);
	gv_buf_release(&revs);
	return r;
}

/* What has trees as snapshots have them: automatic saves, the commits that
 * known-good records name, the trash, and what a fetch brought. */
static int
hit_vaults(struct gv_purge_run *run)
{
	static const char *const front[] = { "git", "rev-list", "--objects",
		"--full-history", "--glob=refs/vault/auto/*",
		"--glob=refs/vault/good/*", "--glob=refs/vault-trash/*",
		"--glob=refs/vault-remote/*", "--" };
	const size_t n = run->opts->n_paths * GV_PURGE_PATH_PLACES;
	const char **paths = calloc(n + 1, sizeof(*paths));
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = paths ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < n; i++) {
		gv_buf_reset(&path);
		gv_purge_path_place(&path, i % GV_PURGE_PATH_PLACES,
		    run->opts->paths[i / GV_PURGE_PATH_PLACES]);
		if ((r = gv_buf_check(&path)) < 0)
			break;
		paths[i] = gv_arena_copy(&run->arena, path.p, path.len);
		r = paths[i] ? 0 : GV_ENOMEM;
	}
	gv_buf_reset(&path);
	if (r == 0)
		r = hit_paths(run, front, COUNT(front), paths, n, &path);
	gv_buf_release(&path);
	free(paths);
	return r;
}

int
gv_purge_path_history(struct gv_purge_run *run)
{
	int r = hit_users(run);

	return r < 0 ? r : hit_vaults(run);
}

/* ---- after ---- */

static const char *const history[] = { "git", "rev-list", "--objects", USERS,
	NULL };
static const char *const reflogs[] = { "git", "rev-list", "--objects",
	"--reflog", "--not", USERS, NULL };
static const char *const fetched[] = { "git", "rev-list", "--objects",
	"--glob=refs/vault-remote/*", "--not", USERS, SNAPSHOTS, NULL };
static const char *const parents[] = { "git", "rev-list", "--objects",
	"--stdin", "--not", USERS, NULL };
static const char *const others[] = { "git", "rev-list", "--objects",
	"--exclude=refs/vault/snapshots/*", "--exclude=refs/vault/auto/*",
	"--exclude=refs/vault/good/*", "--glob=refs/vault/*", "--not", USERS,
	NULL };
static const char *const records[] = { "git", "rev-list", "--objects",
	"--glob=refs/vault/good/*", "--not", USERS, SNAPSHOTS, NULL };

/* Those of other working trees, and of other clones; a dry run has not
 * rewritten those of this one. */
static int
look_at_saves(struct look *l)
{
	struct gv_purge_run *run = l->run;
	struct gv_buf own = GV_BUF_INIT, why = GV_BUF_INIT;
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_autosave_ref(&own, run->repo);

	if (r == 0)
		r = gv_ref_list(&refs, run->repo, GV_REFS_AUTO);
	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *const argv[] = { "git", "rev-list", "--objects",
			refs.refs[i].name, "--not", USERS, SNAPSHOTS, NULL };

		if (run->opts->dry_run && run->saves.n &&
		    strcmp(refs.refs[i].name, own.p) == 0)
			continue;
		gv_buf_reset(&why);
		gv_buf_addstr(&why,
		    "automatic saves have it; to end them: git update-ref -d");
		gv_shell_word(&why, refs.refs[i].name);
		l->why = why.p;
		if ((r = gv_buf_check(&why)) == 0)
			r = look_by(l, argv, NULL);
	}
	gv_refs_release(&refs);
	gv_buf_release(&own);
	gv_buf_release(&why);
	return r;
}

static int
look_at_index(struct look *l)
{
	/* all of it, whatever the current directory is */
	static const char *const argv[] = { "git", "ls-files", "-s", "-z",
		"--full-name", ":/", NULL };
	static const char *const plain[] = { "GIT_LITERAL_PATHSPECS=0", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_oid oid;
	char *line, *end;
	int r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .env = plain });

	/* a mode, an id, a stage and a path */
	for (line = p.out.p, end = line + p.out.len;
	     r == 0 && p.status == 0 && line < end; line += strlen(line) + 1) {
		const char *tab = strchr(line, '\t');

		if (tab && gv_oid_parse(&oid, line + 7) == 0 &&
		    gv_purge_holds(l->run, &oid)) {
			gv_map_del(&l->seen, oid.id, GV_OID_RAW);
			r = tell(l, &oid, tab + 1);
		}
	}
	gv_proc_release(&p);
	return r;
}

int
gv_purge_left(struct gv_purge_run *run)
{
	const struct {
		enum gv_purge_kind kind;
		const char *const *argv;
		const char *why;
		bool only_after;
		bool inside;
	} all[] = {
		{ GV_PURGE_HISTORY, history, NULL, false, true },
		{ GV_PURGE_HISTORY, reflogs, "only a reflog names it", false,
		    true },
		{ GV_PURGE_REMOTE, fetched,
		    "purge it in the remote, then run 'git vault sync'", false,
		    true },
		{ GV_PURGE_PARENTS, parents,
		    run->opts->n_paths ? "purge that path, too" : NULL, true,
		    true },
		{ GV_PURGE_OTHERS, others, NULL, true, false },
		{ GV_PURGE_OTHERS, records,
		    "a known-good record names the snapshot as it was; 'git "
		    "for-each-ref refs/vault/good' lists the refs of records, "
		    "'git update-ref -d' deletes one",
		    false, true },
	};
	struct look l = { .run = run, .seen = GV_MAP_INIT };
	struct gv_buf revs = GV_BUF_INIT;
	size_t i;
	int r = list_parents(&revs, run);

	for (i = 0; r == 0 && i < COUNT(all); i++) {
		if (all[i].only_after && run->opts->dry_run)
			continue;
		l.kind = all[i].kind;
		l.why = all[i].why;
		l.inside = all[i].inside;
		r = look_by(
		    &l, all[i].argv, all[i].argv == parents ? &revs : NULL);
	}
	l.kind = GV_PURGE_OTHERS;
	if (r == 0)
		r = look_at_saves(&l);
	l.kind = GV_PURGE_STAGED;
	l.why = NULL;
	if (r == 0 && run->repo->worktree)
		r = look_at_index(&l);
	run->result->unreachable = run->hits.n - l.seen.n;
	gv_buf_release(&revs);
	gv_map_release(&l.seen);
	return r;
}
