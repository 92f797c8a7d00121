#include "restore/restore_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "infra/precious.h"
#include "infra/product.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "snapshot/survey.h"
#include "sys/dir.h"
#include "vault/ledger.h"

#define IGNORES     1000 /* lines of HEAD's .gitignore that are heeded */
#define IGNORE_MOST 512  /* bytes of one, as an option */

/* What is found below a directory. */
struct below {
	int root;
	struct gv_buf *files; /* paths, each with a NUL */
	struct gv_buf dirs;   /* the same with a '/' before it */
	size_t *at;           /* where each directory begins in `dirs` */
	size_t n, cap;
	const char *except; /* NULL, or a name to leave out at the top; a
			       directory below that has it is left out */
};

static int
add_found(
    struct below *b, const char *dir, size_t len, const struct gv_dir_name *e)
{
	struct gv_buf full = GV_BUF_INIT;
	bool is_dir = e->type == DT_DIR;
	struct stat st;
	int r;

	gv_buf_add(&full, dir, len);
	gv_buf_addstr(&full, len ? "/" : "");
	gv_buf_add(&full, e->name, e->len);
	if ((r = gv_buf_check(&full)) < 0)
		goto out;
	if (e->type == DT_UNKNOWN &&
	    gv_dir_stat(b->root, full.p, full.len, &st) == 0)
		is_dir = S_ISDIR(st.st_mode);
	if (is_dir) {
		if ((r = GV_GROW(b->at, b->n, b->cap)) == 0)
			b->at[b->n++] = b->dirs.len;
		gv_buf_add(&b->dirs, full.p, full.len);
		gv_buf_add(&b->dirs, "/", 2);
	} else {
		gv_buf_add(b->files, full.p, full.len + 1);
	}
out:
	gv_buf_release(&full);
	return r;
}

static int
read_one(struct below *b, const char *path, size_t len)
{
	struct gv_dir_names names = { 0 };
	size_t i;
	int fd = gv_dir_open(b->root, path, len), r = 0;

	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot read a directory that is in the way");
	gv_entry_close(fd);
	/* a repository is its own, and no snapshot's of what is around it */
	if (r == 0 && b->except && len &&
	    gv_dir_names_have(&names, names.n, b->except, strlen(b->except)))
		goto out;
	for (i = 0; r == 0 && i < names.n; i++) {
		if (b->except && len == 0 &&
		    strcmp(names.names[i].name, b->except) == 0)
			continue;
		r = add_found(b, path, len, &names.names[i]);
	}
out:
	gv_dir_names_release(&names);
	return r;
}

int
gv_restore_list_below(struct gv_buf *out, int root, const char *path,
    size_t len, const char *except)
{
	struct below b = { .root = root,
		.files = out,
		.dirs = GV_BUF_INIT,
		.except = except };
	struct gv_buf one = GV_BUF_INIT;
	size_t next;
	int r;

	r = read_one(&b, path, len);
	for (next = 0; r == 0 && next < b.n; next++) {
		/* a copy, since the text moves as it grows */
		gv_buf_reset(&one);
		gv_buf_addstr(&one, b.dirs.p + b.at[next]);
		gv_buf_truncate(&one, one.len - (one.len > 0));
		if ((r = gv_buf_check(&one)) == 0)
			r = read_one(&b, one.p, one.len);
	}
	/* from the last found up: what is below comes before */
	for (next = b.n; r == 0 && next-- > 0;) {
		const char *dir = b.dirs.p + b.at[next];

		gv_buf_add(out, dir, strlen(dir) + 1);
	}
	if (r == 0)
		r = gv_buf_check(out);
	gv_buf_release(&b.dirs);
	gv_buf_release(&one);
	free(b.at);
	return r;
}

/* A directory that may be a build product. */
struct folder {
	int root;
	const char *path;
	size_t len;
};

/* Whether the folder, or one of the two above it, holds this name. Names with
 * other suffixes are not looked for: a build product that is not recognised is
 * kept, which does no harm. */
static bool
folder_has(void *ctx, unsigned up, const char *name)
{
	const struct folder *f = ctx;
	struct gv_buf path = GV_BUF_INIT;
	struct stat st;
	size_t len = f->len;
	bool has;

	for (; up > 0; up--) {
		while (len > 0 && f->path[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	gv_buf_add(&path, f->path, len);
	gv_buf_addf(&path, "%s%s", len ? "/" : "", name);
	has = !path.failed && gv_dir_stat(f->root, path.p, path.len, &st) == 0;
	gv_buf_release(&path);
	return has;
}

/* Whether an ignored file is one that snapshots hold however many there are:
 * precious by its name. That another one is in no snapshot does not tell that
 * it came since. */
static bool
is_precious(int root, const char *path, size_t len)
{
	struct folder f = { .root = root, .path = path };
	const struct gv_product_ask ask = { true, folder_has, &f };

	if (gv_precious_rule(path, len) == NULL ||
	    gv_product_file_rule(path, len))
		return false;
	for (f.len = 0; f.len < len; f.len++)
		if (path[f.len] == '/' &&
		    (gv_product_rule(path, f.len, &ask) ||
			gv_product_rule_inside(path, f.len, &ask)))
			return false;
	return true;
}

/* ---- what git ignores --------------------------------------------------- */

/* What is to be ignored besides, as options of git. */
struct ignores {
	struct gv_object text;
	char (*options)[IGNORE_MOST]; /* --exclude=PATTERN */
	size_t n, cap;
};

int
gv_restore_head_ignore(struct gv_oid *id, const struct gv_restore_run *run)
{
	struct gv_ledger head;
	unsigned mode = 0;
	int r;

	if (gv_oid_is_zero(&run->repo->head))
		return GV_ENOTFOUND;
	if ((r = gv_ledger_load(&head, run->odb, &run->repo->head)) == 0)
		r = gv_tree_find(run->odb, &head.tree, ".gitignore", &mode, id);
	return r == 0 && mode != GV_MODE_FILE ? GV_ENOTFOUND : r;
}

static int
load_ignores(struct ignores *out, struct gv_restore_run *run)
{
	struct gv_oid blob;
	int r = gv_restore_head_ignore(&blob, run);

	if (r == 0)
		r = gv_odb_read_type(
		    run->odb, &out->text, &blob, GV_OTYPE_BLOB);
	/* without them it is as git says */
	return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
}

/* A line without what git leaves out at its end. */
static size_t
pattern_len(const char *p, size_t len)
{
	if (len && p[len - 1] == '\r')
		len--;
	while (len && p[len - 1] == ' ' && (len == 1 || p[len - 2] != '\\'))
		len--;
	return len;
}

/* What stood in the way of a restore may have been the .gitignore of HEAD: what
 * it ignores is still nobody's to delete when an older one is there again, and
 * no snapshot may have it. */
static int
find_ignores(struct ignores *out, struct gv_restore_run *run)
{
	const char *p, *end, *nl;
	int r = load_ignores(out, run);
	size_t len;

	p = r == 0 ? (const char *)out->text.data : NULL;
	end = p ? p + out->text.len : p;
	for (; r == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		len = pattern_len(p, (size_t)(nl - p));
		if (len == 0 || *p == '#' || len >= IGNORE_MOST - 16 ||
		    memchr(p, '\0', len) || out->n == IGNORES)
			continue;
		if ((r = GV_GROW(out->options, out->n, out->cap)) == 0)
			snprintf(out->options[out->n++], IGNORE_MOST,
			    "--exclude=%.*s", (int)len, p);
	}
	return r;
}

static void
release_ignores(struct ignores *ignores)
{
	gv_object_release(&ignores->text);
	free(ignores->options);
}

static int
run_list(struct gv_buf *out, struct gv_restore_run *run,
    const struct ignores *ignores, const char *const *options)
{
	const char **argv =
	    calloc(8 + GV_RESTORE_MAX_SPECS + ignores->n + 1, sizeof(*argv));
	struct gv_proc p = GV_PROC_INIT;
	size_t i, n = 0;
	int r;

	if (argv == NULL)
		return gv_err_nomem();
	argv[n++] = "git";
	argv[n++] = "ls-files";
	argv[n++] = "-z";
	argv[n++] = "--full-name";
	argv[n++] = "--exclude-standard";
	for (i = 0; options[i]; i++)
		argv[n++] = options[i];
	for (i = 0; i < ignores->n; i++)
		argv[n++] = ignores->options[i];
	argv[n++] = "--";
	for (i = 0; i < run->opts->n_pathspecs; i++)
		argv[n++] = run->opts->pathspecs[i];
	r = gv_restore_git(&p, run->repo, argv, run->repo->index_file,
	    run->opts->n_pathspecs > 0, NULL);
	free(argv);
	if (r < 0)
		goto out;
	if (p.status &&
	    (r = gv_restore_git_failed(
		 &p, GV_ERROR, "git cannot list the files here")) < 0)
		goto out;
	gv_buf_add(out, p.out.p, p.out.len);
out:
	gv_proc_release(&p);
	return r < 0 ? r : gv_buf_check(out);
}

/* Whether it was taken where what git ignores is other files than here: each
 * machine has its own, and a pipeline's checkout has none. */
static bool
is_from_elsewhere(const struct gv_record *rec)
{
	return !gv_record_is_here(rec) ||
	    (rec->trigger && strcmp(rec->trigger, "ci") == 0);
}

/* What a snapshot would hold here, below the pathspecs: what git tracks or
 * would add, and what is precious of the rest; that goes to `stays` where the
 * snapshot cannot be missing it. */
static int
list_git(struct gv_buf *out, struct gv_buf *stays, struct gv_restore_run *run,
    int root)
{
	static const char *const known[] = { "--cached", "--others", NULL };
	static const char *const ignored[] = { "--others", "--ignored", NULL };
	struct gv_buf *to = is_from_elsewhere(run->rec) ? stays : out;
	struct gv_buf rest = GV_BUF_INIT;
	struct ignores ignores = { .n = 0 };
	const char *p, *end;
	size_t len;
	int r = find_ignores(&ignores, run);

	if (r == 0 && (r = run_list(out, run, &ignores, known)) == 0)
		r = run_list(&rest, run, &ignores, ignored);
	release_ignores(&ignores);
	p = rest.p;
	end = r == 0 ? p + rest.len : p;
	for (; p < end; p += len + 1) {
		len = strlen(p);
		if (is_precious(root, p, len))
			gv_buf_add(to, p, len + 1);
	}
	gv_buf_release(&rest);
	if (r < 0 || (r = gv_buf_check(stays)) < 0)
		return r;
	return gv_buf_check(out);
}

/* The same by what the safety snapshot alone holds. */
struct picking {
	struct gv_buf *out, *precious;
	int root;
};

static int
pick_one(void *ctx, const char *path, size_t len, bool is_ignored)
{
	struct picking *p = ctx;
	struct gv_buf *to = is_ignored ? p->precious : p->out;

	if (is_ignored && !is_precious(p->root, path, len))
		return 0;
	gv_buf_add(to, path, len);
	gv_buf_addch(to, '\0');
	return gv_buf_check(to);
}

static int
list_here(struct gv_buf *out, struct gv_buf *stays, struct gv_restore_run *run,
    int root)
{
	struct gv_buf *to = is_from_elsewhere(run->rec) ? stays : out;
	struct picking p = { out, to, root };
	bool tells;
	int r = gv_restore_narrow_tells(&tells, run);

	if (r < 0)
		return r;
	return tells ? gv_restore_narrow_each(run->narrow, pick_one, &p)
		     : list_git(out, stays, run, root);
}

/* The value of a directory that is only known: a file may stand there. */
static char not_made[] = "";

/* All paths of the plan, so that they can be asked for. */
static int
index_plan(struct gv_map *map, struct gv_arena *arena,
    const struct gv_restore_run *run)
{
	const struct gv_restore_plan *plan = &run->plan;
	struct gv_buf path = GV_BUF_INIT;
	char *copy;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_files; i++) {
		gv_restore_file_path(&path, plan, i);
		copy = gv_arena_copy(arena, path.p, path.len);
		r = copy ? gv_map_put(map, copy, path.len, copy) : GV_ENOMEM;
	}
	for (i = 1; r == 0 && i < plan->n_dirs; i++) {
		bool made = !run->opts->takes || plan->dirs[i].used;

		gv_restore_dir_path(&path, plan, i);
		copy = gv_arena_copy(arena, path.p, path.len);
		r = copy
		    ? gv_map_put(map, copy, path.len, made ? copy : not_made)
		    : GV_ENOMEM;
	}
	if (r == 0)
		r = gv_buf_check(&path);
	gv_buf_release(&path);
	return r;
}

/* Whether git itself lives in this path: "…/.git/…". */
static bool
is_git(const char *path, size_t len)
{
	const char *at = path, *end = path + len, *slash;

	for (; at < end; at = slash + 1) {
		slash = memchr(at, '/', (size_t)(end - at));
		if (slash == NULL)
			slash = end;
		if (slash - at == 4 && memcmp(at, ".git", 4) == 0)
			return true;
	}
	return false;
}

/* Whether a path of the working tree lies in the repository's own folder,
 * which may have another name than .git (GIT_DIR). */
static bool
is_git_dir(const struct gv_restore_run *run, const char *path, size_t len)
{
	const char *tree = run->repo->worktree, *dir = run->repo->git_dir;
	size_t n = tree ? strlen(tree) : 0;

	if (run->opts->to || n == 0 || strncmp(dir, tree, n) != 0 ||
	    dir[n] != '/')
		return false;
	dir += n + 1;
	return gv_path_is_below(path, len, dir, strlen(dir));
}

/* Whether a path is one that no restore makes, so it is not known whether the
 * snapshot holds it. */
static bool
is_control(const char *path, size_t len)
{
	static const char own[] = GV_RESTORE_CONTROL;

	return gv_path_is_below(path, len, own, sizeof(own) - 1);
}

/* Whether the plan has something at the path of a file. */
static bool
is_planned(const struct gv_map *map, const char *path, size_t len)
{
	const char *is = gv_map_get(map, path, len);

	return is && is != not_made;
}

/* ---- repositories that have no working tree ------------------------------ */

/* Whether git takes the directory for one, in which this HEAD is. */
static bool
is_head(int root, const char *path, size_t len)
{
	static const char *const names[] = { "objects", "refs" };
	struct gv_buf full = GV_BUF_INIT;
	struct stat st;
	bool is = len >= 4 && memcmp(path + len - 4, "HEAD", 4) == 0 &&
	    (len == 4 || path[len - 5] == '/');
	size_t i;

	for (i = 0; is && i < 2; i++) {
		gv_buf_reset(&full);
		gv_buf_add(&full, path, len - 4);
		gv_buf_addstr(&full, names[i]);
		is = gv_buf_check(&full) == 0 &&
		    gv_dir_stat(root, full.p, full.len, &st) == 0 &&
		    S_ISDIR(st.st_mode);
	}
	gv_buf_release(&full);
	return is;
}

/* Whether a path is one of these directories, or below one; they have a '/' at
 * their end, and the top is "". */
static bool
is_in_any(const struct gv_map *dirs, const char *path, size_t len)
{
	size_t i;

	for (i = 0; i <= len; i++)
		if ((i == 0 || path[i - 1] == '/') && gv_map_get(dirs, path, i))
			return true;
	return false;
}

/* Leave them out of what was found below a directory, but for those that the
 * snapshot holds as files. */
static int
leave_bare(struct gv_buf *all, int root, const struct gv_map *plan)
{
	struct gv_buf kept = GV_BUF_INIT;
	struct gv_map bare = GV_MAP_INIT;
	const char *p, *end = all->p + all->len;
	size_t len;
	int r = 0;

	for (p = all->p; r == 0 && p < end; p += len + 1) {
		len = strlen(p);
		if (is_head(root, p, len) && !is_planned(plan, p, len))
			r = gv_map_put(&bare, p, len - 4, all);
	}
	for (p = all->p; r == 0 && p < end; p += len + 1) {
		len = strlen(p);
		if (!is_in_any(&bare, p, len))
			gv_buf_add(&kept, p, len + 1);
	}
	if (r == 0)
		r = gv_buf_check(&kept);
	gv_map_release(&bare);
	if (r < 0) {
		gv_buf_release(&kept);
		return r;
	}
	gv_buf_release(all);
	*all = kept;
	return 0;
}

/* ---- what is surplus ----------------------------------------------------- */

/* What was there and could not be stored is nothing that came since. */
static bool
was_there(const struct gv_restore_run *run, const char *path, size_t len)
{
	return gv_manifest_get_skipped(run->plan.manifest, path, len) != NULL;
}

/* Directories with nothing in them, which git does not know of. Pathspecs
 * choose files. */
static int
add_empty(
    struct gv_buf *out, struct gv_restore_run *run, const struct gv_map *map)
{
	struct gv_buf dirs = GV_BUF_INIT;
	const char *p, *end;
	size_t len;
	bool has;
	int r;

	if (run->opts->to || run->opts->n_pathspecs)
		return 0;
	if (run->narrow &&
	    ((r = gv_restore_narrow_has_empty(&has, run->narrow, map)) < 0 ||
		!has))
		return r;
	r = gv_survey_empty_dirs(&dirs, run->repo);
	p = dirs.p;
	end = r == 0 ? p + dirs.len : p;
	for (; p < end; p += len + 1) {
		len = strlen(p);
		if (!gv_map_get(map, p, len - 1) &&
		    gv_restore_narrow_is_apart(run->narrow, p, len - 1) &&
		    gv_restore_is_taken(run, p, len - 1) &&
		    !was_there(run, p, len - 1))
			gv_buf_add(out, p, len + 1);
	}
	gv_buf_release(&dirs);
	return r;
}

/* A directory goes with the last file in it, and a nested repository stays.
 * Pathspecs were git's to heed. */
static bool
is_surplus(const struct gv_restore_run *run, const struct gv_map *plan,
    const char *path, size_t len)
{
	return len && path[len - 1] != '/' && !is_git(path, len) &&
	    !is_git_dir(run, path, len) && !is_control(path, len) &&
	    !is_planned(plan, path, len) &&
	    gv_restore_narrow_is_apart(run->narrow, path, len) &&
	    gv_restore_is_taken(run, path, len) && !was_there(run, path, len);
}

/* Those of `all` to `out`, which may be NULL; returns how many. */
static uint64_t
pick(struct gv_buf *out, const struct gv_buf *all,
    const struct gv_restore_run *run, const struct gv_map *plan)
{
	const char *p = all->p, *end = p + all->len;
	uint64_t n = 0;
	size_t len;

	for (; p < end; p += len + 1) {
		len = strlen(p);
		if (!is_surplus(run, plan, p, len))
			continue;
		n++;
		if (out)
			gv_buf_add(out, p, len + 1);
	}
	return n;
}

/* What a snapshot would hold now, and stays: ignored files. */
struct staying {
	const struct gv_restore_run *run;
	const struct gv_map *plan;
	struct gv_map going;
	uint64_t n;
};

static int
count_staying(
    void *ctx, const char *path, size_t len, const struct gv_oid *pointer)
{
	struct staying *s = ctx;

	(void)pointer;
	s->n += is_surplus(s->run, s->plan, path, len) &&
	    !gv_map_get(&s->going, path, len);
	return 0;
}

static int
count_narrow(void *ctx, const char *path, size_t len, bool is_ignored)
{
	(void)is_ignored;
	return count_staying(ctx, path, len, NULL);
}

static int
find_staying(struct gv_restore_run *run, const struct gv_map *plan,
    const struct gv_buf *going)
{
	struct staying s = { .run = run, .plan = plan, .going = GV_MAP_INIT };
	const char *p, *end = going->p + going->len;
	size_t len;
	int r = 0;

	if (run->opts->to || run->opts->n_pathspecs)
		return 0;
	for (p = going->p; r == 0 && p < end; p += len + 1) {
		len = strlen(p);
		r = gv_map_put(&s.going, p, len, run);
	}
	if (r == 0 && run->narrow)
		r = gv_restore_narrow_each(run->narrow, count_narrow, &s);
	else if (r == 0)
		r = gv_survey_each_held(run->repo, count_staying, &s);
	run->result->stays = s.n;
	gv_map_release(&s.going);
	return r;
}

int
gv_restore_list_surplus(
    struct gv_buf *out, struct gv_restore_run *run, int root)
{
	struct gv_buf all = GV_BUF_INIT, stays = GV_BUF_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_map map = GV_MAP_INIT;
	int r;

	r = run->opts->to ? gv_restore_list_below(&all, root, "", 0, ".git")
			  : list_here(&all, &stays, run, root);
	if (r < 0 || (r = index_plan(&map, &arena, run)) < 0)
		goto out;
	if (run->opts->to && (r = leave_bare(&all, root, &map)) < 0)
		goto out;
	/* in place git has heeded them */
	if (run->opts->to && run->opts->n_pathspecs &&
	    (r = gv_restore_choose(&all, run)) < 0)
		goto out;
	pick(out, &all, run, &map);
	run->result->stays = pick(NULL, &stays, run, &map);
	if ((r = find_staying(run, &map, out)) < 0 ||
	    (r = add_empty(out, run, &map)) < 0)
		goto out;
	r = gv_buf_check(out);
out:
	gv_buf_release(&all);
	gv_buf_release(&stays);
	gv_map_release(&map);
	gv_arena_release(&arena);
	return r;
}
