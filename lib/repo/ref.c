#include "repo/ref.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/ref_internal.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"

/* What git says is read here, so it must not be translated. */
static const char *const env[] = { "LC_ALL=C", NULL };

/* git's own words, on one line and without its "fatal: ". */
static const char *
words(struct gv_buf *err)
{
	char *p;

	while (err->len && err->p[err->len - 1] == '\n')
		gv_buf_truncate(err, err->len - 1);
	for (p = err->p; *p; p++)
		if (*p == '\n')
			*p = ' ';
	if (err->len == 0)
		return "git was killed, or failed without a word";
	p = strncmp(err->p, "fatal: ", 7) == 0 ? err->p + 7 : err->p;
	/* what one that goes on was asked to do */
	return strncmp(p, "commit: ", 8) == 0 ? p + 8 : p;
}

int
gv_ref_list_start(struct gv_proc *p, const char *const *prefixes)
{
	/* git itself stops where a symbolic ref would; no %(objecttype), which
	 * would open every object */
	static const char format[] = "--format=%(objectname) %(refname)"
				     "%(if)%(symref)%(then) %(end)";
	const char *argv[GV_REF_PATTERNS + 4] = { "git", "for-each-ref",
		format };
	size_t i;

	for (i = 0; prefixes[i]; i++) {
		assert(i < GV_REF_PATTERNS);
		argv[3 + i] = prefixes[i];
	}
	return gv_proc_start(
	    p, &(struct gv_proc_opts){ .argv = argv, .env = env });
}

static int
parse_line(struct gv_ref *ref, char *line, const char *end)
{
	if (end - line < GV_OID_HEX + 2 || line[GV_OID_HEX] != ' ' ||
	    gv_oid_parse(&ref->oid, line) < 0)
		return gv_err(
		    GV_ECORRUPT, "a list of refs has a line of none: %s", line);
	ref->name = line + GV_OID_HEX + 1;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct gv_ref *)a)->name, ((const struct gv_ref *)b)->name);
}

static bool
is_sorted(const struct gv_refs *refs)
{
	size_t i;

	for (i = 1; i < refs->n; i++)
		if (compare(&refs->refs[i - 1], &refs->refs[i]) > 0)
			return false;
	return true;
}

int
gv_refs_parse(struct gv_refs *out, struct gv_buf *lines)
{
	struct gv_refs refs = { .text = gv_buf_take(lines) };
	size_t cap = 0;
	char *line, *nl;
	int r;

	if (refs.text == NULL)
		return GV_ENOMEM;
	for (line = refs.text; (nl = strchr(line, '\n')); line = nl + 1) {
		struct gv_ref ref;

		*nl = '\0';
		if (nl > line && nl[-1] == ' ')
			continue; /* a symbolic one */
		r = parse_line(&ref, line, nl);
		if (r < 0)
			goto fail;
		r = gv_vec_grow(
		    (void **)&refs.refs, &cap, refs.n + 1, sizeof(ref));
		if (r < 0)
			goto fail;
		refs.refs[refs.n++] = ref;
	}
	if (refs.refs && !is_sorted(&refs))
		qsort(refs.refs, refs.n, sizeof(*refs.refs), compare);
	*out = refs;
	return 0;
fail:
	gv_refs_release(&refs);
	return r;
}

int
gv_ref_list_finish(struct gv_refs *out, struct gv_proc *p)
{
	int r = gv_proc_finish(p);

	if (r < 0)
		return r;
	if (p->status)
		return gv_err(
		    GV_ERROR, "cannot list the refs: %s", words(&p->err));
	return gv_refs_parse(out, &p->out);
}

int
gv_ref_list(struct gv_refs *out, const struct gv_repo *repo, const char *prefix)
{
	return gv_ref_list_with(
	    out, repo, (const char *const[]){ NULL }, prefix);
}

int
gv_ref_list_with(struct gv_refs *out, const struct gv_repo *repo,
    const char *const *names, const char *prefix)
{
	const char *patterns[GV_REF_PATTERNS + 1];
	struct gv_proc p = GV_PROC_INIT;
	size_t n = 0;
	int r = gv_ref_read(out, repo, names, prefix);

	if (r == 0 && names[0] == NULL)
		r = gv_ref_read_below(out, repo, prefix);
	if (r != 0)
		return r < 0 ? r : 0;
	for (; names[n]; n++)
		patterns[n] = names[n];
	patterns[n] = *prefix ? prefix : NULL;
	patterns[n + 1] = NULL;
	/* git finds the same repository in the same environment */
	if ((r = gv_ref_list_start(&p, patterns)) == 0)
		r = gv_ref_list_finish(out, &p);
	gv_proc_release(&p);
	return r;
}

bool
gv_ref_has_file(const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is_file;

	gv_buf_addf(&path, "%s/%s", repo->common_dir, name);
	is_file = gv_buf_check(&path) == 0 &&
	    gv_file_exists(AT_FDCWD, path.p) &&
	    !gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is_file;
}

static int
find(struct gv_oid *out, const struct gv_repo *repo, const char *name)
{
	const char *const names[] = { name, NULL };
	struct gv_refs refs = { 0 };
	struct gv_buf below = GV_BUF_INIT;
	const struct gv_ref *ref;
	int r;

	memset(out, 0, sizeof(*out));
	/* a prefix with nothing below it: then no git is needed to read refs */
	gv_buf_addf(&below, "%s/", name);
	if ((r = gv_buf_check(&below)) == 0)
		r = gv_ref_list_with(&refs, repo, names, below.p);
	ref = r == 0 ? gv_refs_find(&refs, name) : NULL;
	if (ref)
		*out = ref->oid;
	gv_refs_release(&refs);
	gv_buf_release(&below);
	/* what is missing then is git, and not the ref */
	return r == GV_ENOTFOUND ? GV_ERROR : r;
}

int
gv_ref_find(struct gv_oid *out, const struct gv_repo *repo, const char *name)
{
	int r = find(out, repo, name);

	if (r < 0 || !gv_oid_is_zero(out) || !gv_ref_has_file(repo, name))
		return r;
	/* or it has come just now */
	r = find(out, repo, name);
	return r == 0 && gv_oid_is_zero(out) && gv_ref_has_file(repo, name)
	    ? gv_err(GV_ECORRUPT,
		  "the file of the ref %s is damaged: it says nothing; 'git "
		  "vault doctor' tells how it is mended",
		  name)
	    : r;
}

void
gv_refs_release(struct gv_refs *refs)
{
	if (refs == NULL)
		return;
	free(refs->refs);
	free(refs->text);
	memset(refs, 0, sizeof(*refs));
}

static int
compare_name(const void *key, const void *ref)
{
	return strcmp(key, ((const struct gv_ref *)ref)->name);
}

bool
gv_ref_is_below(const char *name, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(name, dir, len) == 0 && name[len] == '/';
}

const struct gv_ref *
gv_refs_find(const struct gv_refs *refs, const char *name)
{
	if (refs->n == 0)
		return NULL;
	return bsearch(
	    name, refs->refs, refs->n, sizeof(*refs->refs), compare_name);
}

static void
step(struct gv_ref_tx *tx, const char *verb, const char *name,
    const struct gv_oid *a, const struct gv_oid *b)
{
	char hex[GV_OID_HEX + 1];

	gv_buf_addf(&tx->lines, "%s %s", verb, name);
	if (a) {
		gv_oid_format(hex, a);
		gv_buf_addf(&tx->lines, " %s", hex);
	}
	if (b) {
		gv_oid_format(hex, b);
		gv_buf_addf(&tx->lines, " %s", hex);
	}
	gv_buf_addch(&tx->lines, '\n');
}

void
gv_ref_create(struct gv_ref_tx *tx, const char *name, const struct gv_oid *oid)
{
	step(tx, "create", name, oid, NULL);
}

void
gv_ref_update(struct gv_ref_tx *tx, const char *name, const struct gv_oid *oid,
    const struct gv_oid *old)
{
	step(tx, "update", name, oid, old);
}

void
gv_ref_delete(struct gv_ref_tx *tx, const char *name, const struct gv_oid *old)
{
	step(tx, "delete", name, old, NULL);
}

void
gv_ref_verify(struct gv_ref_tx *tx, const char *name, const struct gv_oid *old)
{
	step(tx, "verify", name, old, NULL);
}

/* Whether git met a lock of somebody else, or what a git writes beside that of
 * packed-refs, and then our own sentence about it: git's advice is a
 * paragraph. */
static bool
is_lock_conflict(const char *err)
{
	static const char *const around[][2] = {
		{ "Unable to create '", "': File exists" },
		{ "unable to create file ", ": File exists" },
	};
	size_t i;

	for (i = 0; i < sizeof(around) / sizeof(*around); i++) {
		const char *from = strstr(err, around[i][0]);
		const char *to;

		if (from == NULL)
			continue;
		from += strlen(around[i][0]);
		to = strstr(from, around[i][1]);
		if (to == NULL)
			continue;
		gv_err(GV_ELOCKED,
		    "another git holds the lock %.*s; if no git is running "
		    "here, remove that file",
		    (int)(to - from), from);
		return true;
	}
	return false;
}

static bool
is_changed(const char *err)
{
	return strstr(err, "but expected") ||
	    strstr(err, "reference already exists") ||
	    strstr(err, "unable to resolve reference") ||
	    strstr(err, "reference is missing");
}

/* Say what git's words come to. */
static int
refused(struct gv_buf *err)
{
	if (is_lock_conflict(err->p))
		return GV_ELOCKED;
	return gv_err(is_changed(err->p) ? GV_EEXISTS : GV_ERROR,
	    "cannot move refs: %s", words(err));
}

/* By a git that ends with it. */
static int
commit_alone(const struct gv_ref_tx *tx)
{
	struct gv_proc p = GV_PROC_INIT;
	/* without "start" the lines are one transaction all the same */
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = gv_ref_git_argv,
		.env = env,
		.in = tx->lines.p,
		.in_len = tx->lines.len });

	if (r == 0 && p.status)
		r = refused(&p.err);
	gv_proc_release(&p);
	return r;
}

static int
try_commit(const struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	struct gv_buf err = GV_BUF_INIT;
	int r;

	if (repo->ref_git == NULL)
		return commit_alone(tx);
	r = gv_ref_git_commit(repo->ref_git, &err, &tx->lines);
	if (r > 0)
		r = refused(&err);
	gv_buf_release(&err);
	return r;
}

/* What a git that was here before says may be of another time, or it was killed
 * while it waited: where nothing has come of it, a new one has the word. */
static int
commit_once(const struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	bool is_new = !gv_ref_git_is_running(repo->ref_git);
	int r = try_commit(tx, repo);

	if (r == 0 || is_new || r == GV_ENOMEM ||
	    gv_ref_settle(tx, repo) != GV_REF_MOVED_NONE)
		return r;
	return try_commit(tx, repo);
}

static int
commit_patiently(const struct gv_ref_tx *tx, const struct gv_repo *repo,
    struct gv_ref_file *file)
{
	int r, pause = 20;

	if (gv_ref_file_commit(tx, repo, file))
		return 0;
	r = commit_once(tx, repo);
	if (r == GV_ELOCKED && gv_ref_sweep(repo) < 0)
		return GV_ERROR;
	for (; r == GV_ELOCKED && pause < 500; pause *= 2) {
		gv_clock_sleep(pause);
		r = commit_once(tx, repo);
	}
	return r;
}

/* What git has moved reaches the disk, or that is said. */
static int
flush(const struct gv_repo *repo, const struct gv_buf *dirs)
{
	int r = gv_ref_sync(repo, dirs);

	return r < 0
	    ? gv_err_in(
		  r, "the refs have moved, but a power failure may undo this")
	    : 0;
}

int
gv_ref_commit_with(
    struct gv_ref_tx *tx, const struct gv_repo *repo, struct gv_ref_file *file)
{
	struct gv_buf dirs = GV_BUF_INIT;
	int r = gv_repo_check_writable(repo), flushed = 0;

	tx->moved = GV_REF_MOVED_NONE;
	if (r < 0)
		return r;
	if (tx->lines.len == 0)
		return 0;
	if ((r = gv_buf_check(&tx->lines)) == 0)
		r = gv_ref_sync_plan(&dirs, repo, &tx->lines);
	if (r < 0)
		goto out;
	if ((r = commit_patiently(tx, repo, file)) == 0)
		tx->moved = GV_REF_MOVED_ALL;
	else if (r != GV_EEXISTS && r != GV_ELOCKED)
		tx->moved = gv_ref_settle(tx, repo);
	if (tx->moved == GV_REF_MOVED_ALL)
		r = 0;
	if (tx->moved != GV_REF_MOVED_NONE)
		flushed = flush(repo, &dirs);
out:
	gv_buf_release(&dirs);
	return flushed < 0 ? flushed : r;
}

int
gv_ref_commit(struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	return gv_ref_commit_with(tx, repo, NULL);
}

void
gv_ref_tx_release(struct gv_ref_tx *tx)
{
	if (tx)
		gv_buf_release(&tx->lines);
}
