#include "view/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "record/record.h"
#include "repo/config.h"
#include "repo/repo.h"
#include "sys/proc.h"
#include "view/content.h"

int
gv_diff_side_of(
    struct gv_diff_side *out, struct gv_repo *repo, const struct gv_record *rec)
{
	struct gv_diff_side side = { .tree = rec->tree };
	struct gv_odb *odb;
	unsigned mode;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_tree_find(
		    odb, &rec->meta, "manifest", &mode, &side.manifest);
	if (r == GV_ENOTFOUND)
		return gv_err(GV_ECORRUPT,
		    "snapshot %s is damaged: its meta/manifest is not there",
		    rec->id);
	if (r < 0)
		return gv_err_in(r, "snapshot %s", rec->id);
	*out = side;
	return 0;
}

int
gv_diff_side_of_commit(
    struct gv_diff_side *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_diff_side side = { 0 };
	struct gv_object obj = { 0 };
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT)) < 0)
		return r;
	if (!gv_link_tree(&side.tree, &obj))
		r = gv_err(GV_ECORRUPT, "a commit does not name its tree");
	else
		*out = side;
	gv_object_release(&obj);
	return r;
}

/* git's sentence, on one line and without its "fatal: ". */
static const char *
words(struct gv_buf *err)
{
	char *fatal = strstr(err->p, "fatal: "), *p;

	for (p = err->p; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	return fatal ? fatal + 7 : err->p;
}

/* Run `git diff-tree` over two trees with one more option. */
static int
diff_tree(struct gv_proc *p, const struct gv_diff_opts *o, const char *what,
    const struct gv_oid *from, const struct gv_oid *to)
{
	enum { FIXED = 11 };
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];
	const char *fixed[FIXED] = { "git", "diff-tree", "-r", "-z",
		"--no-abbrev", "--no-relative", "--ignore-submodules=none",
		what, a, b, "--" };
	const char **argv;
	size_t n = 0;
	int r;

	gv_oid_format(a, from);
	gv_oid_format(b, to);
	while (o->paths && o->paths[n])
		n++;
	argv = calloc(FIXED + n + 1, sizeof(*argv));
	if (argv == NULL)
		return gv_err_nomem();
	memcpy(argv, fixed, sizeof(fixed));
	if (n)
		memcpy(argv + FIXED, o->paths, n * sizeof(*argv));
	r = gv_proc_run(
	    p, &(struct gv_proc_opts){ .argv = argv, .env = o->env });
	free(argv);
	if (r == 0 && p->status)
		r = gv_err(GV_ERROR, "git cannot compare the trees: %s",
		    words(&p->err));
	return r;
}

static int
compare_trees(struct gv_diff *d, const struct gv_diff_opts *o)
{
	struct gv_buf renames = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if (gv_oid_equal(&o->from.tree, &o->to.tree))
		return 0;
	gv_buf_addstr(&renames, o->no_renames ? "--no-renames" : "-M");
	if (!o->no_renames && o->renames)
		gv_buf_addstr(&renames, o->renames);
	if ((r = gv_buf_check(&renames)) == 0 &&
	    (r = diff_tree(&p, o, renames.p, &o->from.tree, &o->to.tree)) == 0)
		r = gv_diff_parse_raw(d, p.out.p, p.out.len);
	gv_buf_release(&renames);
	gv_proc_release(&p);
	return r;
}

/* --- which metadata changes the pathspecs mean --- */

struct matched {
	struct gv_proc out[2]; /* NUL-ended paths of each side's files */
	struct gv_map paths;   /* them, and every directory above them */
};

static int
match_path(struct matched *m, const char *path)
{
	size_t len = strlen(path);
	int r = 0;

	while (r == 0 && len && !gv_map_get(&m->paths, path, len)) {
		r = gv_map_put(&m->paths, path, len, m);
		while (len && path[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	return r;
}

/* All files of a tree that the pathspecs match: git says so, by comparing it
 * to no files at all. */
static int
match_side(struct matched *m, int i, const struct gv_diff_opts *o,
    const struct gv_oid *tree)
{
	struct gv_proc *p = &m->out[i];
	const char *path;
	int r = diff_tree(p, o, "--name-only", &gv_oid_empty_tree, tree);

	for (path = p->out.p; r == 0 && path < p->out.p + p->out.len;
	     path += strlen(path) + 1)
		r = match_path(m, path);
	return r;
}

/* Whether a tree has the path, so that git has judged it. */
static bool
is_in_tree(const struct gv_manifest_entry *e)
{
	return e && e->type != GV_MANIFEST_DIR &&
	    e->type != GV_MANIFEST_SKIPPED;
}

/* The path in a pathspec, where that has no magic but to leave it out. */
static const char *
path_in(const char *spec, bool *leaves_out)
{
	static const char *const magic[] = { ":!", ":^", ":(exclude)" };
	size_t i;

	*leaves_out = false;
	for (i = 0; !*leaves_out && i < sizeof(magic) / sizeof(*magic); i++)
		if (strncmp(spec, magic[i], strlen(magic[i])) == 0) {
			spec += strlen(magic[i]);
			*leaves_out = true;
		}
	return *spec == ':' ? NULL : spec;
}

/* Whether the pathspecs without other magic name the path or a directory above
 * it, and none leaves it out; for what is in no tree, such as an empty
 * directory. As to git, those alone that leave out leave all else in. */
static bool
is_named(const struct gv_diff_opts *o, const struct gv_repo *repo,
    const struct gv_diff_change *c)
{
	struct gv_buf full = GV_BUF_INIT;
	bool named = false, left_out = false, all = true;
	size_t i;

	if (is_in_tree(c->from) || is_in_tree(c->to))
		return false;
	for (i = 0; !left_out && o->paths[i]; i++) {
		bool leaves_out;
		const char *path = path_in(o->paths[i], &leaves_out);

		all = all && leaves_out;
		gv_buf_reset(&full);
		if (path == NULL || gv_content_path(&full, repo, path) < 0 ||
		    !gv_path_is_below(c->path, c->path_len, full.p, full.len))
			continue;
		named = named || !leaves_out;
		left_out = leaves_out;
	}
	gv_buf_release(&full);
	return (named || all) && !left_out;
}

static int
keep_matched(
    struct gv_diff *d, const struct gv_repo *repo, const struct gv_diff_opts *o)
{
	struct matched m = { { GV_PROC_INIT, GV_PROC_INIT }, GV_MAP_INIT };
	size_t i, n = 0;
	int r;

	if (o->paths == NULL || o->paths[0] == NULL || d->metadata == 0)
		return 0;
	if ((r = match_side(&m, 0, o, &o->from.tree)) < 0)
		goto out;
	if (!gv_oid_equal(&o->from.tree, &o->to.tree) &&
	    (r = match_side(&m, 1, o, &o->to.tree)) < 0)
		goto out;
	for (i = 0; i < d->n; i++) {
		const struct gv_diff_change *c = &d->changes[i];

		if (c->status == 'm' &&
		    !gv_map_get(&m.paths, c->path, c->path_len) &&
		    !is_named(o, repo, c))
			d->metadata--;
		else
			d->changes[n++] = *c;
	}
	d->n = n;
out:
	gv_map_release(&m.paths);
	gv_proc_release(&m.out[0]);
	gv_proc_release(&m.out[1]);
	return r;
}

/* --- metadata --- */

int
gv_diff_side_load(const struct gv_manifest **out, struct gv_manifest **owned,
    struct gv_odb *odb, const struct gv_diff_side *side)
{
	const struct gv_oid *id =
	    gv_oid_is_zero(&side->partial) ? &side->manifest : &side->partial;
	int r = 0;

	if (side->loaded == NULL && *owned == NULL && !gv_oid_is_zero(id))
		r = gv_manifest_load(owned, odb, id);
	*out = side->loaded ? side->loaded : *owned;
	return r < 0 ? gv_err_in(r, "manifest") : 0;
}

/* Whether all its lines are known. */
static bool
is_whole(const struct gv_diff_side *side)
{
	return side->loaded || !gv_oid_is_zero(&side->manifest);
}

/* Whether it is known what of it is not stored. */
static bool
is_noted(const struct gv_diff_side *side)
{
	return is_whole(side) || side->noted;
}

static int
compare_metadata(
    struct gv_diff *d, struct gv_repo *repo, const struct gv_diff_opts *o)
{
	const struct gv_manifest *from = NULL, *to = NULL;
	const bool whole = is_whole(&o->from) && is_whole(&o->to);
	struct gv_odb *odb;
	int r;

	/* layers differ where what they add up to may not, never the other
	 * way round */
	if (!o->from.loaded && !o->to.loaded &&
	    gv_oid_equal(&o->from.manifest, &o->to.manifest))
		return 0;
	if (!is_noted(&o->from) || !is_noted(&o->to))
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) == 0 &&
	    (r = gv_diff_side_load(&from, &d->owned[0], odb, &o->from)) == 0)
		r = gv_diff_side_load(&to, &d->owned[1], odb, &o->to);
	if (r < 0)
		return r;
	r = whole ? gv_diff_add_metadata(d, from, to)
		  : gv_diff_add_noted(d, from, to);
	return r < 0 ? r : keep_matched(d, repo, o);
}

/* --- sizes --- */

static void
ask_size(struct gv_buf *in, unsigned mode, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	/* a nested repository's commit is not in this one */
	if (mode == 0 || mode == GV_MODE_GIT || gv_oid_is_zero(oid))
		return;
	gv_oid_format(hex, oid);
	gv_buf_addf(in, "%s\n", hex);
}

static int
take_size(
    uint64_t *size, const char **p, unsigned mode, const struct gv_oid *oid)
{
	char *end;

	if (mode == 0 || mode == GV_MODE_GIT || gv_oid_is_zero(oid))
		return 0;
	*size = strtoull(*p, &end, 10);
	if (end == *p || *end != '\n')
		return gv_err(GV_ECORRUPT,
		    "a file's object is missing or damaged: git says '%.*s'",
		    (int)strcspn(*p, "\n"), *p);
	*p = end + 1;
	return 0;
}

/* All at once by git, since a side's objects may be in a place that only
 * opts.env names. */
static int
find_sizes(struct gv_diff *d, const struct gv_diff_opts *o)
{
	static const char *const argv[] = { "git", "cat-file",
		"--batch-check=%(objectsize)", NULL };
	struct gv_buf in = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	const char *at;
	size_t i;
	int r;

	for (i = 0; i < d->n; i++) {
		ask_size(&in, d->changes[i].old_mode, &d->changes[i].old_oid);
		ask_size(&in, d->changes[i].new_mode, &d->changes[i].new_oid);
	}
	r = gv_buf_check(&in);
	if (r < 0 || in.len == 0)
		goto out;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .env = o->env, .in = in.p, .in_len = in.len });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_ERROR, "git cannot read the files: %s", words(&p.err));
	at = p.out.p;
	for (i = 0; r == 0 && i < d->n; i++) {
		struct gv_diff_change *c = &d->changes[i];

		if ((r = take_size(
			 &c->old_size, &at, c->old_mode, &c->old_oid)) == 0)
			r = take_size(
			    &c->new_size, &at, c->new_mode, &c->new_oid);
	}
out:
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}

static int
by_path(const void *a, const void *b)
{
	const struct gv_diff_change *x = a, *y = b;

	return gv_path_compare(
	    x->path, x->path_len, false, y->path, y->path_len, false);
}

bool
gv_diff_seeks_renames(const struct gv_repo *repo)
{
	return gv_config_bool(&repo->config, "diff.renames", true);
}

int
gv_diff_run(
    struct gv_diff *out, struct gv_repo *repo, const struct gv_diff_opts *o)
{
	struct gv_diff d = GV_DIFF_INIT;
	int r;

	if ((r = compare_trees(&d, o)) < 0 ||
	    (r = gv_diff_mind_skipped(&d, repo, o)) < 0 ||
	    (r = compare_metadata(&d, repo, o)) < 0)
		goto out;
	if (o->sizes && (r = find_sizes(&d, o)) < 0)
		goto out;
	r = gv_diff_mind_chunked(&d, repo, o);
out:
	if (r < 0) {
		gv_diff_release(&d);
		return r;
	}
	if (d.n > 1)
		qsort(d.changes, d.n, sizeof(*d.changes), by_path);
	*out = d;
	return 0;
}

void
gv_diff_release(struct gv_diff *diff)
{
	if (diff == NULL)
		return;
	free(diff->changes);
	free(diff->same);
	gv_arena_release(&diff->arena);
	gv_manifest_free(diff->owned[0]);
	gv_manifest_free(diff->owned[1]);
	memset(diff, 0, sizeof(*diff));
}
