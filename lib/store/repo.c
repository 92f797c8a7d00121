#include "store/repo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/odb.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MAX_HEAD (64 * 1024)

/* What is asked of git, one line of answer each. The last one fails in a bare
 * repository, after the others were printed. */
static const char *const questions[] = { "git", "rev-parse",
	"--path-format=absolute", "--show-object-format",
	"--is-shallow-repository", "--absolute-git-dir", "--git-common-dir",
	"--git-path", "objects", "--git-path", "index", "--git-path", "hooks",
	"--show-prefix", "--show-toplevel", NULL };

enum answer {
	A_FORMAT,
	A_SHALLOW,
	A_GIT_DIR,
	A_COMMON_DIR,
	A_OBJECTS,
	A_INDEX,
	A_HOOKS,
	A_PREFIX,
	A_TOPLEVEL,
	A_COUNT
};

static const char *const config_argv[] = { "git", "config", "--list", "-z",
	"--show-scope", NULL };

/* git's sentence, without what it hints at on further lines. */
static const char *
first_line(struct gv_buf *err)
{
	char *nl = strchr(err->p, '\n');

	if (nl)
		*nl = '\0';
	return strncmp(err->p, "fatal: ", 7) == 0 ? err->p + 7 : err->p;
}

static int
refuse(struct gv_buf *err)
{
	const char *why = first_line(err);

	if (strstr(why, "not a git repository"))
		return gv_err(GV_ENOTFOUND,
		    "%s; run this inside a repository, or give its folder "
		    "with -C",
		    why);
	return gv_err(GV_EREFUSED, "git refuses this repository: %s",
	    *why ? why : "it gives no reason");
}

static int
take_answers(struct gv_repo *repo, struct gv_buf *out)
{
	char *line[A_COUNT] = { NULL }, *p = out->p, *nl;
	size_t n = 0;

	while (n < A_COUNT && (nl = strchr(p, '\n'))) {
		*nl = '\0';
		line[n++] = p;
		p = nl + 1;
	}
	if (n < A_PREFIX)
		return gv_err(GV_ECORRUPT,
		    "git rev-parse answered %zu of %d questions; is it older "
		    "than 2.31?",
		    n, A_COUNT);
	if (strcmp(line[A_FORMAT], "sha1") != 0)
		return gv_err(GV_EREFUSED,
		    "this repository names its objects by %s; git vault knows "
		    "SHA-1 only",
		    line[A_FORMAT]);
	repo->shallow = strcmp(line[A_SHALLOW], "true") == 0;
	repo->git_dir = strdup(line[A_GIT_DIR]);
	repo->common_dir = strdup(line[A_COMMON_DIR]);
	repo->objects_dir = strdup(line[A_OBJECTS]);
	repo->index_file = strdup(line[A_INDEX]);
	repo->hooks_dir = strdup(line[A_HOOKS]);
	repo->prefix = strdup(n > A_TOPLEVEL ? line[A_PREFIX] : "");
	if (n > A_TOPLEVEL)
		repo->worktree = strdup(line[A_TOPLEVEL]);
	if (!repo->git_dir || !repo->common_dir || !repo->objects_dir ||
	    !repo->index_file || !repo->hooks_dir || !repo->prefix ||
	    (n > A_TOPLEVEL && !repo->worktree))
		return gv_err_nomem();
	return 0;
}

static int
ask(struct gv_repo *repo)
{
	struct gv_proc where = GV_PROC_INIT, config = GV_PROC_INIT;
	size_t len;
	char *text;
	int r;

	/* side by side: each is a process of its own */
	r = gv_proc_start(&where, &(struct gv_proc_opts){ .argv = questions });
	if (r == 0)
		r = gv_proc_start(
		    &config, &(struct gv_proc_opts){ .argv = config_argv });
	if (r == 0)
		r = gv_proc_finish(&where);
	if (r == 0)
		r = gv_proc_finish(&config);
	if (r < 0)
		goto out;
	if (where.status && where.out.len == 0) {
		r = refuse(&where.err);
		goto out;
	}
	if (config.status) {
		r = gv_err(GV_EREFUSED, "cannot read git's configuration: %s",
		    first_line(&config.err));
		goto out;
	}
	r = take_answers(repo, &where.out);
	if (r < 0)
		goto out;
	len = config.out.len;
	text = gv_buf_take(&config.out);
	r = text ? gv_config_parse(&repo->config, text, len) : GV_ENOMEM;
out:
	gv_proc_release(&where);
	gv_proc_release(&config);
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

static int
resolve_head(struct gv_repo *repo)
{
	const char *argv[] = { "git", "rev-parse", "--verify", "--quiet",
		"HEAD^{commit}", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && p.status == 0 && gv_oid_parse(&repo->head, p.out.p) < 0)
		r = gv_err(
		    GV_ECORRUPT, "git names HEAD as '%s'", first_line(&p.out));
	gv_proc_release(&p);
	return r;
}

/* HEAD names a branch or a commit; a branch that is one loose file is read
 * here, anything else is git's to resolve. */
static int
read_head(struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/HEAD", repo->git_dir);
	r = gv_file_read(&text, AT_FDCWD, path.p, MAX_HEAD);
	if (r < 0)
		goto out;
	while (text.len && strchr("\n\r ", text.p[text.len - 1]))
		gv_buf_truncate(&text, text.len - 1);
	if (strncmp(text.p, "ref: ", 5) != 0) {
		if (text.len != GV_OID_HEX ||
		    gv_oid_parse(&repo->head, text.p) < 0)
			r = resolve_head(repo);
		goto out;
	}
	repo->head_ref = strdup(text.p + 5);
	if (repo->head_ref == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	gv_buf_reset(&path);
	gv_buf_reset(&text);
	gv_buf_addf(&path, "%s/%s", repo->common_dir, repo->head_ref);
	if (gv_file_read(&text, AT_FDCWD, path.p, MAX_HEAD) < 0 ||
	    text.len < GV_OID_HEX || gv_oid_parse(&repo->head, text.p) < 0)
		r = resolve_head(repo);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
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
	r = ask(repo);
	if (r == 0)
		r = check_extensions(repo);
	if (r == 0 && (flags & GV_REPO_NEED_WORKTREE) && !repo->worktree)
		r = gv_err(GV_EREFUSED,
		    "this needs a working tree, and %s has none here",
		    repo->git_dir);
	if (r == 0)
		r = read_head(repo);
	if (r < 0)
		goto fail;
	gv_buf_addf(&dir, "%s/vault", repo->git_dir);
	repo->vault_dir = gv_buf_take(&dir);
	if (repo->vault_dir == NULL) {
		r = GV_ENOMEM;
		goto fail;
	}
	repo->partial =
	    gv_config_get(&repo->config, "extensions.partialclone") != NULL;
	*out = repo;
	return 0;
fail:
	gv_repo_close(repo);
	return r;
}

void
gv_repo_close(struct gv_repo *repo)
{
	if (repo == NULL)
		return;
	gv_odb_close(repo->odb);
	gv_config_release(&repo->config);
	free(repo->git_dir);
	free(repo->common_dir);
	free(repo->objects_dir);
	free(repo->index_file);
	free(repo->hooks_dir);
	free(repo->worktree);
	free(repo->prefix);
	free(repo->vault_dir);
	free(repo->head_ref);
	free(repo);
}

int
gv_repo_odb(struct gv_repo *repo, struct gv_odb **out)
{
	int r = repo->odb ? 0 : gv_odb_open(&repo->odb, repo);

	*out = repo->odb;
	return r;
}

int
gv_repo_make_vault_dir(struct gv_repo *repo)
{
	return gv_file_mkdirs(AT_FDCWD, repo->vault_dir, 0777);
}

int
gv_repo_check_writable(const struct gv_repo *repo)
{
	(void)repo;
	if (getenv("GIT_QUARANTINE_PATH"))
		return gv_err(GV_EREFUSED,
		    "a push is being received and may still be refused: no "
		    "ref can be moved from inside it; do this from "
		    "post-receive");
	return 0;
}
