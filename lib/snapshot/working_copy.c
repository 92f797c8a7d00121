#include "snapshot/working_copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/foreign.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/program.h"

#define TIMEOUT_MS 60000 /* of a tool that waits for a lock */
#define MOST       ((size_t)256 * 1024 * 1024)
#define MAX_FILE   ((size_t)16 * 1024 * 1024)
#define CACHE      "working-copy"

/* hg: settings of the user change what it prints; those of the repository are
 * the user's as well. */
static const char *const env[] = { "LC_ALL=C", "HGPLAIN=1",
	"HGRCPATH=", "GIT_DIR", "GIT_WORK_TREE", NULL };

/* ---- what to ask --------------------------------------------------------- */

struct question {
	const char *name;
	bool is_counted; /* as a change */
	const char *argv[8];
};

static const struct question svn[] = {
	{ "info.xml", true,
	    { "svn", "info", "--xml", "--non-interactive", NULL } },
	{ "properties.diff", true,
	    { "svn", "diff", "--properties-only", "--internal-diff",
		"--non-interactive", NULL } },
	{ "status.xml", true,
	    { "svn", "status", "--xml", "--non-interactive", NULL } },
	{ NULL, false, { NULL } },
};

/* hg deletes what it could not finish: root would lose /dev/stdout. */
static const struct question hg[] = {
	{ "bookmarks", true, { "hg", "bookmarks", NULL } },
	{ "drafts", true,
	    { "hg", "log", "-r", "not public()", "-T",
		"{node} {phase} {branch}\\n", NULL } },
	{ "drafts.hg", false,
	    { "hg", "bundle", "-q", "-r", "not public()", "--base",
		"public() + null", "/dev/fd/1" } },
	{ "parents", true,
	    { "hg", "log", "-r", "parents()", "-T",
		"{node} {phase} {branch}\\n", NULL } },
	{ "status", true, { "hg", "status", "-mard", NULL } },
	{ NULL, false, { NULL } },
};

/* Folders of files that hg alone has, and a file. */
static const char *const hg_folders[] = { "patches", "shelved", NULL };

/* What moves when something of it may have changed. */
static const char *const svn_stamps[] = { "wc.db", NULL };
static const char *const hg_stamps[] = { "dirstate", "branch", "bookmarks",
	"hgrc", "patches", "patches/status", "shelved", "store/00changelog.i",
	"store/phaseroots", NULL };

/* ---- files --------------------------------------------------------------- */

static int
add(struct gv_working_copy *wc, const char *name, struct gv_buf *text)
{
	struct gv_working_copy_file *f;

	if (GV_GROW(wc->files, wc->n, wc->cap) < 0)
		return gv_err_nomem();
	f = &wc->files[wc->n];
	if ((f->name = strdup(name)) == NULL)
		return gv_err_nomem();
	f->text = *text;
	*text = (struct gv_buf)GV_BUF_INIT;
	wc->n++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_working_copy_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* What cannot be read is not there: it is copied, not interpreted. */
static int
add_file(struct gv_working_copy *wc, const char *dir, const char *name,
    const char *as)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	gv_buf_addf(&path, "%s/%s", dir, name);
	if ((r = gv_buf_check(&path)) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, MAX_FILE) == 0 && text.len)
		r = add(wc, as, &text);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return gv_err_settle(r, before);
}

static int
add_folder(struct gv_working_copy *wc, const char *dir, const char *folder)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	struct gv_buf path = GV_BUF_INIT, as = GV_BUF_INIT;
	size_t i;
	int fd = -1, r;

	gv_buf_addf(&path, "%s/%s", dir, folder);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (fd = gv_dir_open_root(path.p)) < 0 || gv_dir_list(&names, fd) < 0)
		goto out;
	for (i = 0; r == 0 && i < names.n; i++) {
		gv_buf_reset(&as);
		gv_buf_addf(&as, "%s-%s", folder, names.names[i].name);
		if ((r = gv_buf_check(&as)) == 0)
			r = add_file(wc, path.p, names.names[i].name, as.p);
	}
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	gv_buf_release(&as);
	return r;
}

/* ---- the tool ------------------------------------------------------------ */

/* A note, so that the snapshot goes on: 1. */
static int
excuse(struct gv_repo *repo, enum gv_foreign_kind kind, const char *why)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text,
	    "only the files of this %s working copy are stored: %.200s",
	    gv_foreign_name(kind), why);
	if (gv_buf_check(&text) == 0)
		gv_repo_note(repo, text.p);
	gv_buf_release(&text);
	return 1;
}

/* A tool that the working copy brought along is not run. */
static int
ask(struct gv_working_copy *wc, struct gv_repo *repo, enum gv_foreign_kind kind,
    const struct question *q)
{
	const char *argv[10] = { NULL }, *shut = repo->worktree;
	struct gv_buf program = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_program_find(&program, q->argv[0], &shut, shut != NULL);

	if (r < 0) {
		gv_buf_release(&program);
		return r == GV_ENOMEM ? r
				      : excuse(repo, kind, gv_err_message());
	}
	memcpy(argv, q->argv, sizeof(q->argv));
	argv[0] = program.p;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.cwd = repo->worktree,
		.env = env,
		.timeout_ms = TIMEOUT_MS,
		.most = MOST,
		.is_apart = true });
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		goto out;
	if (r < 0)
		r = excuse(repo, kind, gv_err_message());
	else if (p.status && strstr(p.err.p, "no commits to bundle"))
		r = 0;
	else if (p.status)
		r = excuse(repo, kind, gv_proc_why(&p));
	else if (p.out.len)
		r = add(wc, q->name, &p.out);
out:
	gv_proc_release(&p);
	gv_buf_release(&program);
	return r;
}

static void
forget(struct gv_working_copy *wc)
{
	while (wc->n) {
		wc->n--;
		free(wc->files[wc->n].name);
		gv_buf_release(&wc->files[wc->n].text);
	}
}

int
gv_working_copy_gather(struct gv_working_copy *wc, struct gv_repo *repo)
{
	const enum gv_foreign_kind kind = gv_foreign_kind_of(repo->git_dir);
	const struct question *q = kind == GV_FOREIGN_SVN ? svn : hg;
	struct gv_buf dir = GV_BUF_INIT;
	size_t i;
	int r = 0;

	if (wc->is_gathered || kind == GV_FOREIGN_NONE)
		return 0;
	wc->is_gathered = true;
	for (; r == 0 && q->name; q++)
		r = ask(wc, repo, kind, q);
	if (r == 0 && kind == GV_FOREIGN_HG) {
		gv_buf_addf(&dir, "%s/..", repo->git_dir);
		if ((r = gv_buf_check(&dir)) == 0)
			r = add_file(wc, dir.p, "hgrc", "hgrc");
		for (i = 0; r == 0 && hg_folders[i]; i++)
			r = add_folder(wc, dir.p, hg_folders[i]);
	}
	if (r != 0)
		forget(wc);
	if (wc->n)
		qsort(wc->files, wc->n, sizeof(*wc->files), compare);
	gv_buf_release(&dir);
	return r < 0 ? r : 0;
}

/* ---- what counts as a change --------------------------------------------- */

static bool
is_counted(const char *name)
{
	size_t i;

	for (i = 0; hg[i].name; i++)
		if (strcmp(hg[i].name, name) == 0)
			return hg[i].is_counted;
	return true;
}

static int
stamp(struct gv_oid *out, const struct gv_repo *repo, enum gv_foreign_kind kind)
{
	const char *const *names =
	    kind == GV_FOREIGN_SVN ? svn_stamps : hg_stamps;
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	struct stat st;
	int r = 0;

	for (; r == 0 && *names; names++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/../%s", repo->git_dir, *names);
		if ((r = gv_buf_check(&path)) == 0 &&
		    gv_dir_stat(AT_FDCWD, path.p, path.len, &st) == 0)
			gv_buf_addf(&text, "%s %lld %lld.%09ld\n", *names,
			    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			    (long)st.st_mtim.tv_nsec);
	}
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

/* The cache: two ids, of the stamp and of what was found then. */
static bool
recall(struct gv_oid *out, const struct gv_repo *repo, const struct gv_oid *at)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	struct gv_oid was;
	bool is = false;

	gv_buf_addf(&path, "%s/" CACHE, repo->vault_dir);
	if (gv_buf_check(&path) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, 256) == 0 &&
	    text.len == 2 * (size_t)(GV_OID_HEX + 1) &&
	    gv_oid_parse(&was, text.p) == 0 && gv_oid_equal(&was, at))
		is = gv_oid_parse(out, text.p + GV_OID_HEX + 1) == 0;
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
	return is;
}

static void
remember(const struct gv_repo *repo, const struct gv_oid *at,
    const struct gv_oid *digest)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save(), hex[GV_OID_HEX + 1];

	gv_buf_addf(&path, "%s/" CACHE, repo->vault_dir);
	gv_oid_format(hex, at);
	gv_buf_addf(&text, "%s\n", hex);
	gv_oid_format(hex, digest);
	gv_buf_addf(&text, "%s\n", hex);
	if (gv_buf_check(&path) == 0 && gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
}

/* The stamp is taken before and behind: hg writes its own cache of the status.
 */
int
gv_working_copy_digest(struct gv_working_copy *wc, struct gv_repo *repo)
{
	const enum gv_foreign_kind kind = gv_foreign_kind_of(repo->git_dir);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid at;
	size_t i;
	int r;

	memset(&wc->digest, 0, sizeof(wc->digest));
	if (kind == GV_FOREIGN_NONE)
		return 0;
	if ((r = stamp(&at, repo, kind)) < 0 || recall(&wc->digest, repo, &at))
		goto out;
	if ((r = gv_working_copy_gather(wc, repo)) < 0)
		goto out;
	for (i = 0; i < wc->n; i++)
		if (is_counted(wc->files[i].name)) {
			gv_buf_addf(&text, "%s\n", wc->files[i].name);
			gv_buf_add(
			    &text, wc->files[i].text.p, wc->files[i].text.len);
		}
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	gv_hash_object(&wc->digest, GV_OTYPE_BLOB, text.p, text.len);
	if (wc->n && (r = stamp(&at, repo, kind)) == 0)
		remember(repo, &at, &wc->digest);
out:
	gv_buf_release(&text);
	return r < 0 ? r : 0;
}

void
gv_working_copy_release(struct gv_working_copy *wc)
{
	forget(wc);
	free(wc->files);
	memset(wc, 0, sizeof(*wc));
}
