#include "param/param_side.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* A merge of a branch with a long history looks at this many changes of a file
 * at most. */
#define COMMITS_MAX "200"

/* Run git in the repository; *out has what it wrote, "" where it failed. */
static int
run_git(struct gv_buf *out, const struct gv_repo *repo, const char *const *argv)
{
	struct gv_proc git = GV_PROC_INIT;
	struct gv_buf dir = GV_BUF_INIT;
	const char *env[] = { NULL, "LC_ALL=C", NULL };
	int r;

	gv_buf_addf(&dir, "GIT_DIR=%s", repo->git_dir);
	env[0] = dir.p;
	if ((r = gv_buf_check(&dir)) == 0)
		r = gv_proc_run(&git,
		    &(struct gv_proc_opts){
			.argv = argv, .cwd = repo->worktree, .env = env });
	if (r == 0 && git.status == 0)
		gv_buf_add(out, git.out.p, git.out.len);
	gv_proc_release(&git);
	gv_buf_release(&dir);
	return r < 0 ? r : gv_buf_check(out);
}

/* Of "commit ID" and ":mode mode old new …" lines, the first commit that has
 * the object as the new one. */
static void
find_new(char commit[41], const struct gv_buf *list, const char *id)
{
	const char *p = list->p, *end = p + list->len, *eol;
	char at[41] = "", new[65];

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			return;
		if (eol > p && *p != ':')
			snprintf(at, sizeof(at), "%.*s", (int)(eol - p), p);
		else if (sscanf(p, ":%*6s %*6s %*64s %64s", new) == 1 &&
		    strcmp(new, id) == 0) {
			memcpy(commit, at, sizeof(at));
			return;
		}
	}
}

int
gv_param_side(char commit[41], const struct gv_repo *repo, const char *path,
    const char *text, size_t len)
{
	char find[GV_OID_HEX + 32], hex[GV_OID_HEX + 1];
	const char *const head[] = { "git", "ls-tree", "HEAD", "--", path,
		NULL };
	const char *const log[] = { "git", "log", "-m", "-n", COMMITS_MAX,
		"--format=%H", "--raw", "--no-abbrev", find, "HEAD",
		"--branches", "--remotes", "--tags", "--glob=refs/stash", "--",
		path, NULL };
	struct gv_buf out = GV_BUF_INIT;
	struct gv_oid id;
	int r;

	commit[0] = '\0';
	if ((r = gv_oid_of(&id, GV_OTYPE_BLOB, text, len)) < 0)
		return r;
	gv_oid_format(hex, &id);
	snprintf(find, sizeof(find), "--find-object=%s", hex);
	if ((r = run_git(&out, repo, head)) == 0 &&
	    memmem(out.p, out.len, hex, strlen(hex))) {
		memcpy(commit, "HEAD", sizeof("HEAD"));
		goto out;
	}
	gv_buf_reset(&out);
	if (r == 0 && (r = run_git(&out, repo, log)) == 0)
		find_new(commit, &out, hex);
out:
	gv_buf_release(&out);
	return r;
}

int
gv_param_removed(struct gv_param_author *out, const struct gv_repo *repo,
    const char *path, const char *word, const char *commit)
{
	const char *argv[] = { "git", "log", "-1", "--format=%H%n%an%n%s", "-S",
		word, commit, "--", path, NULL };
	struct gv_buf text = GV_BUF_INIT;
	int r = run_git(&text, repo, argv);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		sscanf(text.p, "%40s\n%127[^\n]\n%127[^\n]", out->commit,
		    out->name, out->summary);
	gv_buf_release(&text);
	return r;
}
