#include "snapshot/nested_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "worktree/gitlink.h"

void
gv_nested_release(struct gv_nested *in)
{
	if (in == NULL)
		return;
	free(in->path);
	free(in->said);
	memset(in, 0, sizeof(*in));
}

bool
gv_nested_is_there(const struct gv_repo *repo, const char *path)
{
	struct gv_buf git = GV_BUF_INIT;
	int root, dir = -1;
	struct stat st;
	bool yes;

	gv_buf_addf(&git, "%s/.git", path);
	root = repo->worktree ? gv_dir_open_root(repo->worktree) : -1;
	if (root >= 0)
		dir = gv_dir_open(root, path, strlen(path));
	/* a folder, a file that names one, or a link to one */
	yes = dir >= 0 && gv_buf_check(&git) == 0 &&
	    gv_dir_stat(root, git.p, git.len, &st) == 0;
	gv_file_close(dir);
	gv_file_close(root);
	gv_buf_release(&git);
	return yes;
}

bool
gv_nested_head(
    struct gv_oid *commit, const struct gv_repo *repo, const char *path)
{
	struct gv_buf dir = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&dir, "%s/%s", repo->worktree, path);
	is = gv_nested_is_there(repo, path) && gv_buf_check(&dir) == 0 &&
	    gv_gitlink_head(commit, dir.p);
	gv_buf_release(&dir);
	return is;
}

/* Variables that say which repository is meant: all that `git rev-parse
 * --local-env-vars` names but configuration, which git hands on to submodules
 * too. The ceiling keeps git from finding the repository around where that
 * here turns out to be none. A submodule's git directory names a working tree
 * that may be gone, which git would not go on without. */
int
gv_nested_run(struct gv_proc *p, const struct gv_repo *repo, const char *path,
    const char *const *argv, const struct gv_buf *in)
{
	const bool is_git_dir = *path == '/';
	const char *env[] = { NULL, "GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_OBJECT_DIRECTORY", "GIT_DIR",
		is_git_dir ? "GIT_WORK_TREE=." : "GIT_WORK_TREE",
		"GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
		"GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE",
		"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_INTERNAL_SUPER_PREFIX",
		NULL };
	struct gv_buf dir = GV_BUF_INIT, ceiling = GV_BUF_INIT;
	int r;

	if (!is_git_dir && !gv_nested_is_there(repo, path))
		return gv_err(GV_ENOTFOUND,
		    "there is no repository at %s; clone it again, or run 'git "
		    "submodule update --init'",
		    path);
	if (!is_git_dir)
		gv_buf_addf(&dir, "%s/", repo->worktree);
	gv_buf_addstr(&dir, path);
	if ((r = gv_buf_check(&dir)) == 0) {
		gv_buf_addf(&ceiling, "GIT_CEILING_DIRECTORIES=%.*s",
		    (int)(strrchr(dir.p, '/') - dir.p), dir.p);
		r = gv_buf_check(&ceiling);
	}
	env[0] = ceiling.p;
	if (r == 0)
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = argv,
			.cwd = dir.p,
			.env = env,
			.in = in ? in->p : NULL,
			.in_len = in ? in->len : 0 });
	gv_buf_release(&dir);
	gv_buf_release(&ceiling);
	return r;
}

/* Whether a line begins with `word`; it is taken off. */
static void
strip(const char **line, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - *line) > n && memcmp(*line, word, n) == 0)
		*line += n;
}

int
gv_nested_note(struct gv_nested *in, const struct gv_proc *p)
{
	const char *line = p->err.p, *end;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	in->status = p->status;
	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		strip(&line, end, "git-vault: ");
		strip(&line, end, "fatal: ");
		gv_buf_add(&text, line, (size_t)(end - line));
		gv_buf_addch(&text, '\n');
	}
	if (text.len == 0 && p->status)
		gv_buf_addf(&text,
		    "git vault ended with status %d there and said nothing\n",
		    p->status);
	r = gv_buf_check(&text);
	free(in->said);
	in->said = r == 0 && text.len ? gv_buf_take(&text) : NULL;
	gv_buf_release(&text);
	return r;
}

int
gv_nested_fail(struct gv_nested *in)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	in->status = 128;
	gv_buf_addf(&text, "%s\n", gv_err_message());
	r = gv_buf_check(&text);
	free(in->said);
	in->said = r == 0 ? gv_buf_take(&text) : NULL;
	gv_buf_release(&text);
	return r;
}

int
gv_nested_ask(struct gv_proc *p, const struct gv_repo *repo, const char *path,
    bool whole, const struct gv_buf *names)
{
	const char *const argv[] = { "git", "cat-file",
		whole ? "--batch" : "--batch-check", NULL };
	int r = gv_nested_run(p, repo, path, argv, names);

	if (r == 0 && p->status)
		r = gv_err(GV_EREFUSED, "git cannot read it: %.*s",
		    (int)strcspn(p->err.p, "\n"), p->err.p);
	return r;
}

int
gv_nested_look_up(struct gv_nested *in, const struct gv_repo *repo)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf names = GV_BUF_INIT;
	const char *second;
	int r;

	gv_buf_addf(&names,
	    GV_REFS_SNAPSHOTS "%s\nrefs/vault/marks:pinned/%s\n", in->id,
	    in->id);
	if ((r = gv_buf_check(&names)) == 0)
		r = gv_nested_ask(&p, repo, in->path, false, &names);
	second = r == 0 ? strchr(p.out.p, '\n') : NULL;
	if (r < 0)
		goto out;
	if (second == NULL || second - p.out.p < GV_OID_HEX ||
	    gv_oid_parse(&in->commit, p.out.p) < 0) {
		r = gv_err(GV_ERROR,
		    "its snapshot %s is not in that repository; fetch it "
		    "there from a clone that has it",
		    in->id);
		goto out;
	}
	r = strstr(second, " missing\n") == NULL;
out:
	gv_proc_release(&p);
	gv_buf_release(&names);
	return r;
}

static int
pin(struct gv_nested *in, const struct gv_repo *repo)
{
	const char *const argv[] = { "git", "vault", "-q", "pin", "-m",
		GV_NESTED_PIN, in->id, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_nested_run(&p, repo, in->path, argv, NULL);

	if (r == 0 && p.status)
		r = gv_err(GV_ERROR,
		    "its snapshot %s cannot be pinned for the link: %.*s",
		    in->id, (int)strcspn(p.err.p, "\n"), p.err.p);
	gv_proc_release(&p);
	return r;
}

static int
take(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_snapshot *opts)
{
	const char *argv[12] = { "git", "vault", "-q", "snapshot",
		"--recurse-submodules" };
	struct gv_proc p = GV_PROC_INIT;
	size_t n = 5, len;
	int r;

	if (opts->trigger && strcmp(opts->trigger, "manual") != 0) {
		argv[n++] = "--trigger";
		argv[n++] = opts->trigger;
	}
	if (opts->no_scan)
		argv[n++] = "--no-scan";
	if (opts->message) {
		argv[n++] = "-m";
		argv[n++] = opts->message;
	}
	if ((r = gv_nested_run(&p, repo, in->path, argv, NULL)) == 0)
		r = gv_nested_note(in, &p);
	len = strcspn(p.out.p, "\n");
	if (r == 0 && (p.status == 0 || p.status == 3) &&
	    gv_record_is_id(p.out.p, len))
		memcpy(in->id, p.out.p, len);
	gv_proc_release(&p);
	return r;
}

int
gv_nested_snapshot(struct gv_nested *in, const struct gv_repo *repo,
    const struct gv_nested_snapshot *opts)
{
	int r = take(in, repo, opts);

	if (r == 0 && *in->id)
		r = gv_nested_look_up(in, repo);
	if (r == 0 && *in->id)
		r = pin(in, repo);
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (r >= 0 || r == GV_ENOMEM)
		return r < 0 ? r : 0;
	*in->id = '\0';
	return gv_nested_fail(in);
}
