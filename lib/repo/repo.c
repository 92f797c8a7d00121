#include "repo/repo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/discovery.h"
#include "repo/foreign.h"
#include "sys/clock.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MAX_HEAD  (64 * 1024)
#define SOME_REFS (32 * 1024) /* of packed-refs, read at a time */
#define MAX_LOOKS 64

enum answer {
	A_FORMAT,
	A_SHALLOW,
	A_GIT_DIR,
	A_COMMON_DIR,
	A_OBJECTS,
	A_INDEX,
	A_PREFIX,
	A_TOPLEVEL,
	A_AT_ONCE, /* the number that is asked together */
	A_HOOKS = A_AT_ONCE,
	A_COUNT
};

/* What is asked of git, one line of answer each. The last one fails in a bare
 * repository, after the others were printed. */
static const char *const questions[A_COUNT][2] = {
	[A_FORMAT] = { "--show-object-format" },
	[A_SHALLOW] = { "--is-shallow-repository" },
	[A_GIT_DIR] = { "--absolute-git-dir" },
	[A_COMMON_DIR] = { "--git-common-dir" },
	[A_OBJECTS] = { "--git-path", "objects" },
	[A_INDEX] = { "--git-path", "index" },
	[A_PREFIX] = { "--show-prefix" },
	[A_TOPLEVEL] = { "--show-toplevel" },
	/* git fails where core.hooksPath is below a file, or empty */
	[A_HOOKS] = { "--git-path", "hooks" },
};

/* What git says is read here, so it must not be translated. */
static const char *const env[] = { "LC_ALL=C", NULL };

static const char *const config_argv[] = { "git", "config", "--list", "-z",
	"--show-scope", "--show-origin", NULL };

/* git's sentence: its first line, with the indented ones that a ':' at its end
 * announces, without what git hints at below. */
static const char *
sentence(struct gv_buf *err)
{
	char *nl = strchr(err->p, '\n');

	while (nl && nl > err->p && nl[1] == '\t') {
		if (nl[-1] == ':')
			memmove(nl, nl + 1, strlen(nl));
		else
			nl[0] = ',';
		*strchr(nl, '\t') = ' ';
		nl = strchr(nl, '\n');
	}
	if (nl)
		*nl = '\0';
	return strncmp(err->p, "fatal: ", 7) == 0 ? err->p + 7 : err->p;
}

/* git's reason ends "... in repository at 'PATH'". */
static int
refuse_owner(const char *why)
{
	const char *from = strchr(why, '\''), *to = strrchr(why, '\'');

	if (from == to)
		from = to = why;
	return gv_err(GV_EREFUSED,
	    "git refuses this repository: %s; if you trust its owner, run: "
	    "git config --global --add safe.directory %.*s",
	    why, from == to ? 1 : (int)(to - from + 1),
	    from == to ? "." : from);
}

static int
refuse(struct gv_buf *err)
{
	const char *why = sentence(err);

	if (strstr(why, "dubious ownership"))
		return refuse_owner(why);
	if (strstr(why, "not a git repository"))
		return gv_err(GV_ENOTFOUND,
		    "%s; run this inside a repository, or give its folder "
		    "with -C",
		    why);
	return gv_err(GV_EREFUSED, "git refuses this repository: %s",
	    *why ? why : "it gives no reason");
}

/* Ask git the questions from `first` to `last`. */
static int
start_asking(struct gv_proc *p, int first, int last)
{
	const char *argv[3 + 2 * A_COUNT + 1] = { "git", "rev-parse",
		"--path-format=absolute" };
	int n = 3, i;

	for (i = first; i <= last; i++) {
		argv[n++] = questions[i][0];
		if (questions[i][1])
			argv[n++] = questions[i][1];
	}
	return gv_proc_start(
	    p, &(struct gv_proc_opts){ .argv = argv, .env = env });
}

/* Cut the answers into lines. git rev-parse has no -z: if a path holds a
 * newline there are more lines than answers, and no telling them apart. */
static int
split_answers(char *line[A_COUNT], size_t *n, char *p)
{
	char *nl;

	for (*n = 0; (nl = strchr(p, '\n')); p = nl + 1) {
		*nl = '\0';
		if (*n < A_COUNT)
			line[*n] = p;
		++*n;
	}
	if (*n < A_TOPLEVEL)
		return gv_err(GV_ECORRUPT,
		    "git rev-parse answered %zu of %d questions; is it older "
		    "than 2.31?",
		    *n, A_AT_ONCE);
	return 0;
}

/* One question by itself: whatever is before the last newline is the answer. */
static int
ask_one(char **out, int question)
{
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = start_asking(&p, question, question)) < 0 ||
	    (r = gv_proc_finish(&p)) < 0)
		goto out;
	if (p.status || p.out.len == 0) {
		r = gv_err(GV_EREFUSED, "git rev-parse %s failed: %s",
		    questions[question][0], sentence(&p.err));
		goto out;
	}
	gv_buf_truncate(&p.out, p.out.len - 1);
	*out = gv_buf_take(&p.out);
	r = *out ? 0 : GV_ENOMEM;
out:
	gv_proc_release(&p);
	return r;
}

int
gv_repo_find_hooks(struct gv_repo *repo)
{
	const char *set = gv_config_get(&repo->config, "core.hookspath");
	struct gv_buf path = GV_BUF_INIT;
	int r;

	if (repo->hooks_dir)
		return 0;
	if (set) {
		r = ask_one(&repo->hooks_dir, A_HOOKS);
		return r == GV_EREFUSED
		    ? gv_err(r,
			  "git finds no folder of hooks: core.hooksPath is "
			  "'%s'; git config --show-origin core.hooksPath says "
			  "where that is set",
			  set)
		    : r;
	}
	gv_buf_addf(&path, "%s/hooks", repo->common_dir);
	repo->hooks_dir = gv_buf_take(&path);
	return repo->hooks_dir ? 0 : GV_ENOMEM;
}

/* Where each answer of a path belongs. */
static char **
place_of(struct gv_discovery *found, int answer)
{
	switch (answer) {
	case A_GIT_DIR:
		return &found->git_dir;
	case A_COMMON_DIR:
		return &found->common_dir;
	case A_OBJECTS:
		return &found->objects_dir;
	case A_INDEX:
		return &found->index_file;
	case A_PREFIX:
		return &found->prefix;
	default:
		return &found->worktree;
	}
}

static int
take_answers(struct gv_discovery *found, struct gv_proc *p)
{
	char *line[A_COUNT] = { NULL };
	bool bare = p->status != 0; /* the last question failed */
	int i, last = bare ? A_PREFIX : A_TOPLEVEL;
	size_t n;
	int r = split_answers(line, &n, p->out.p);

	if (r < 0)
		return r;
	if (strcmp(line[A_FORMAT], "sha1") != 0)
		return gv_err(GV_EREFUSED,
		    "this repository names its objects by %s; git vault knows "
		    "SHA-1 only",
		    line[A_FORMAT]);
	found->shallow = strcmp(line[A_SHALLOW], "true") == 0;
	for (i = A_GIT_DIR; r == 0 && i <= last; i++) {
		char **place = place_of(found, i);

		if (n == (size_t)last + 1) {
			*place = strdup(line[i]);
			r = *place ? 0 : gv_err_nomem();
		} else {
			r = ask_one(place, i);
		}
	}
	return r;
}

static int
ask(struct gv_discovery *found)
{
	struct gv_proc where = GV_PROC_INIT, config = GV_PROC_INIT;
	size_t len;
	char *text;
	int r;

	/* side by side: each is a process of its own */
	if ((r = start_asking(&where, 0, A_TOPLEVEL)) < 0)
		goto out;
	r = gv_proc_start(
	    &config, &(struct gv_proc_opts){ .argv = config_argv, .env = env });
	if (r < 0 || (r = gv_proc_finish(&where)) < 0 ||
	    (r = gv_proc_finish(&config)) < 0)
		goto out;
	if (where.status && where.out.len == 0) {
		r = refuse(&where.err);
		goto out;
	}
	if (config.status) {
		r = gv_err(GV_EREFUSED, "cannot read git's configuration: %s",
		    sentence(&config.err));
		goto out;
	}
	if ((r = take_answers(found, &where)) < 0)
		goto out;
	len = config.out.len;
	text = gv_buf_take(&config.out);
	r = text ? gv_config_parse(&found->config, text, len, true) : GV_ENOMEM;
out:
	gv_proc_release(&where);
	gv_proc_release(&config);
	return r;
}

/* Find the repository and its configuration. What is refused is remembered no
 * less: the same sentence is said of it each time. */
static int
discover(struct gv_repo *repo)
{
	const struct timespec began = gv_clock_coarse();
	struct gv_discovery found = { .git_dir = NULL };
	int r = 0;

	if (!gv_discovery_recall(&found)) {
		if ((r = ask(&found)) == 0)
			gv_discovery_remember(&found, began);
	}
	repo->git_dir = found.git_dir;
	repo->common_dir = found.common_dir;
	repo->objects_dir = found.objects_dir;
	repo->index_file = found.index_file;
	repo->worktree = found.worktree;
	repo->prefix = found.prefix;
	repo->git_version = found.git_version;
	repo->shallow = found.shallow;
	repo->config = found.config;
	return r;
}

/* git 2.39 refuses these by itself; a git that knows reftable does not, but
 * we read HEAD and write through git only, and refs that we cannot watch
 * would be half a promise. */
static int
check_extensions(const struct gv_repo *repo)
{
	const char *storage =
	    gv_config_get(&repo->config, "extensions.refstorage");

	if (storage && strcmp(storage, "files") != 0)
		return gv_err(GV_EREFUSED,
		    "this repository keeps its refs in a %s; git vault knows "
		    "plain files only",
		    storage);
	return 0;
}

/* A remote that promises what is missing here; older versions of git named
 * one remote in an extension instead. */
static bool
is_partial(const struct gv_config *c)
{
	static const char suffix[] = ".promisor";
	size_t i, len;

	for (i = 0; i < c->n; i++) {
		const char *key = c->entries[i].key;

		len = strlen(key);
		if (strncmp(key, "remote.", 7) == 0 && len >= sizeof(suffix) &&
		    strcmp(key + len - sizeof(suffix) + 1, suffix) == 0 &&
		    gv_config_bool(c, key, false))
			return true;
	}
	return gv_config_get(c, "extensions.partialclone") != NULL;
}

/* What names a ref's value in a way that is not plain: git's to say. */
static int
resolve_head(struct gv_repo *repo)
{
	const char *argv[] = { "git", "rev-parse", "--verify", "HEAD", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r =
	    gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv, .env = env });

	if (r < 0)
		goto out;
	if (p.status)
		r = gv_err(GV_ECORRUPT,
		    "HEAD is damaged (%s); to see what is intact: git fsck",
		    sentence(&p.err));
	else if (gv_oid_parse(&repo->head, p.out.p) < 0)
		r = gv_err(
		    GV_ECORRUPT, "git names HEAD as '%s'", sentence(&p.out));
out:
	gv_proc_release(&p);
	return r;
}

/* Read on until a line is there, at *at, or to the end (NULL): branches come
 * before the vault refs, which may be thousands. */
static int
read_up_to(struct gv_buf *text, const char **at, int fd, const char *line)
{
	const size_t len = strlen(line);
	size_t from = 0;
	ssize_t n;

	for (*at = NULL; *at == NULL;) {
		if (gv_buf_grow(text, SOME_REFS) < 0)
			return GV_ENOMEM;
		n = gv_file_read_full(fd, text->p + text->len, SOME_REFS);
		if (n <= 0)
			return n < 0 ? GV_ERROR : 0;
		text->len += (size_t)n;
		*at = memmem(text->p + from, text->len - from, line, len);
		from = text->len < len ? 0 : text->len - len;
	}
	return 0;
}

/* Find a ref in packed-refs: lines of "ID NAME". Not found leaves *out. */
static int
read_packed(struct gv_oid *out, const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT,
		      line = GV_BUF_INIT;
	const char *at = NULL;
	int fd = -1, r;

	gv_buf_addf(&path, "%s/packed-refs", repo->common_dir);
	gv_buf_addf(&line, " %s\n", name);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&line)) == 0)
		fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r < 0 || (fd < 0 && errno == ENOENT))
		goto out;
	r = fd < 0 ? GV_ERROR : read_up_to(&text, &at, fd, line.p);
	if (r < 0) {
		r = r == GV_ENOMEM ? r : gv_err_sys("cannot read %s", path.p);
		goto out;
	}
	if (at && at - text.p >= GV_OID_HEX)
		r = gv_oid_parse(out, at - GV_OID_HEX);
	if (r < 0)
		r = gv_err(
		    GV_ECORRUPT, "%s: the line of %s is damaged", path.p, name);
out:
	gv_file_close(fd);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_buf_release(&line);
	return r;
}

/* The commit of the branch that HEAD names: a loose file, else packed, else
 * there is none yet. In this order, since packing removes the file last. */
static int
read_branch(struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/%s", repo->common_dir, repo->head_ref);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	if (gv_file_read(&text, AT_FDCWD, path.p, MAX_HEAD) < 0)
		r = read_packed(&repo->head, repo, repo->head_ref);
	else if (text.len < GV_OID_HEX || gv_oid_parse(&repo->head, text.p) < 0)
		r = resolve_head(repo);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

static int
read_head(struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/HEAD", repo->git_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_HEAD);
	if (r < 0)
		goto out;
	while (text.len && strchr("\n\r ", text.p[text.len - 1]))
		gv_buf_truncate(&text, text.len - 1);
	if (strncmp(text.p, "ref: ", 5) == 0) {
		repo->head_ref = strdup(text.p + 5);
		r = repo->head_ref ? read_branch(repo) : gv_err_nomem();
	} else if (text.len != GV_OID_HEX ||
	    gv_oid_parse(&repo->head, text.p) < 0) {
		r = resolve_head(repo);
	}
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* Each look leaves a list of packs behind until the database is closed; opening
 * it again, all of them are opened. */
static void
look_at_packs(struct gv_repo *repo)
{
	if (repo->odb == NULL)
		return;
	if (++repo->looks < MAX_LOOKS && repo->refresh_odb(repo->odb) == 0)
		return;
	repo->close_odb(repo->odb);
	repo->odb = NULL;
	repo->looks = 0;
}

int
gv_repo_look_again(struct gv_repo *repo)
{
	look_at_packs(repo);
	free(repo->head_ref);
	repo->head_ref = NULL;
	memset(&repo->head, 0, sizeof(repo->head));
	return read_head(repo);
}

const char *
gv_repo_branch(const struct gv_repo *repo)
{
	static const char heads[] = "refs/heads/";
	const char *ref = repo->head_ref;

	return ref && strncmp(ref, heads, strlen(heads)) == 0
	    ? ref + strlen(heads)
	    : ref;
}

/* A working copy of another tool has a vault once it was asked for. */
static int
advise_foreign(int r)
{
	struct gv_foreign of = { .kind = GV_FOREIGN_NONE };
	char *here, *before, *old = NULL;

	if (r != GV_ENOTFOUND || (here = gv_entry_real_path(".")) == NULL)
		return r;
	before = gv_err_save();
	if (gv_foreign_find_old(&old, here) == 0 && old) {
		free(before);
		(void)gv_err(r,
		    "%s is a working copy of Subversion of a format before "
		    "1.7\nhint: svn upgrade && git vault init",
		    old);
	} else if (gv_foreign_find(&of, here) == 0 && of.kind &&
	    !of.has_vault) {
		free(before);
		(void)gv_err(r,
		    "%s is a working copy of %s without a vault\nhint: git "
		    "vault init",
		    of.top, gv_foreign_name(of.kind));
	} else {
		gv_err_restore(before);
	}
	gv_foreign_release(&of);
	free(old);
	free(here);
	return r;
}

int
gv_repo_open(struct gv_repo **out, unsigned flags)
{
	struct gv_repo *repo = calloc(1, sizeof(*repo));
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	if (repo == NULL)
		return gv_err_nomem();
	if ((r = gv_foreign_enter()) < 0 ||
	    (r = advise_foreign(discover(repo))) < 0 ||
	    (r = check_extensions(repo)) < 0)
		goto fail;
	if ((flags & GV_REPO_NEED_WORKTREE) && !repo->worktree) {
		r = gv_err(GV_EREFUSED,
		    "this needs a working tree, and %s has none here",
		    repo->git_dir);
		goto fail;
	}
	if ((r = read_head(repo)) < 0)
		goto fail;
	gv_buf_addf(&dir, "%s/vault", repo->git_dir);
	repo->vault_dir = gv_buf_take(&dir);
	if (repo->vault_dir == NULL) {
		r = GV_ENOMEM;
		goto fail;
	}
	repo->partial = is_partial(&repo->config);
	*out = repo;
	return 0;
fail:
	gv_repo_close(repo);
	return r;
}

void
gv_repo_note(const struct gv_repo *repo, const char *sentence)
{
	if (repo->on_note)
		repo->on_note(repo->note_ctx, sentence);
}

int
gv_repo_git_version(const char **out, struct gv_repo *repo)
{
	int r = repo->git_version
	    ? 0
	    : gv_discovery_ask_version(&repo->git_version);

	*out = repo->git_version;
	return r;
}

int
gv_repo_git_number(int *out, struct gv_repo *repo)
{
	const char *text;
	int major, minor, r;

	if ((r = gv_repo_git_version(&text, repo)) < 0)
		return r;
	if (sscanf(text, "%d.%d", &major, &minor) != 2)
		return gv_err(
		    GV_ERROR, "cannot read git's version from '%s'", text);
	*out = major * 100 + minor;
	return 0;
}

void
gv_repo_close(struct gv_repo *repo)
{
	int i;

	if (repo == NULL)
		return;
	if (repo->close_ref_git)
		repo->close_ref_git(repo);
	if (repo->odb)
		repo->close_odb(repo->odb);
	gv_config_release(&repo->config);
	free(repo->git_dir);
	free(repo->common_dir);
	free(repo->objects_dir);
	free(repo->index_file);
	free(repo->worktree);
	free(repo->prefix);
	free(repo->git_version);
	free(repo->hooks_dir);
	free(repo->vault_dir);
	free(repo->head_ref);
	free(repo->warning);
	for (i = 0; i < GV_REPO_NOTICES; i++)
		free(repo->notices[i].text);
	free(repo);
}

int
gv_repo_make_vault_dir(struct gv_repo *repo)
{
	unsigned mask = gv_repo_share(repo);
	int r = gv_file_mkdirs(AT_FDCWD, repo->vault_dir, 0777);

	gv_repo_unshare(mask);
	return r;
}

/* Whether objects of this folder, by its last name, are those of a push that
 * may still be refused: as git calls it and older ones did, and as Gitaly does.
 */
static bool
is_quarantine(const char *dir)
{
	static const char *const names[] = { "tmp_objdir-", "incoming-",
		"quarantine-" };
	size_t i, end = strlen(dir), at;

	while (end > 0 && dir[end - 1] == '/')
		end--;
	for (at = end; at > 0 && dir[at - 1] != '/';)
		at--;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(dir + at, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

int
gv_repo_check_writable(const struct gv_repo *repo)
{
	const char *objects = gv_env_get("GIT_OBJECT_DIRECTORY");

	(void)repo;
	/* Gitaly, which calls the hooks itself, leaves out the first */
	if (gv_env_get("GIT_QUARANTINE_PATH") ||
	    (objects && is_quarantine(objects)))
		return gv_err(GV_EREFUSED,
		    "a push is being received and may still be refused: no "
		    "ref can be moved from inside it; do this from "
		    "post-receive");
	return 0;
}
