#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "policy/consent_internal.h"
#include "policy/team_file.h"
#include "repo/foreign.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "worktree/index.h"

/*
 * Whether only the user of a working tree can have written its policy files.
 * Nothing that is fetched can prove that, so this looks at the traces that git
 * leaves of a fetch. Where they are unclear, the files count as somebody
 * else's.
 */

/* Whether a file in a folder of Git's has the text; true where it cannot be
 * read. */
static bool
may_hold(const char *dir, const char *name, const char *text)
{
	struct gv_buf path = GV_BUF_INIT, file = GV_BUF_INIT;
	int r;
	bool found;

	gv_buf_addf(&path, "%s/%s", dir, name);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&file, AT_FDCWD, path.p, SIZE_MAX / 2);
	found = r != GV_ENOTFOUND &&
	    (r < 0 || (file.len && strstr(file.p, text) != NULL));
	gv_buf_release(&path);
	gv_buf_release(&file);
	return found;
}

static bool
has_file(const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool found;

	gv_buf_addf(&path, "%s/%s", dir, name);
	found = gv_buf_check(&path) < 0 || gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return found;
}

/* Whether a reflog says that its ref was fetched. Git puts a tab before the
 * message. */
static bool
was_fetched(const char *dir, const char *ref)
{
	static const char *const words[] = { "\tclone: ", "\tpull", "\tfetch" };
	struct gv_buf log = GV_BUF_INIT;
	bool found;
	size_t i;

	gv_buf_addf(&log, "logs/%s", ref);
	found = gv_buf_check(&log) < 0;
	for (i = 0; !found && i < sizeof(words) / sizeof(words[0]); i++)
		found = may_hold(dir, log.p, words[i]);
	gv_buf_release(&log);
	return found;
}

/* Whether any ref may have been fetched here. A bare repository that has linked
 * working trees mostly is a clone, and leaves no trace of that: it has the
 * branches of the other repository as its own. */
static bool
has_fetched(const struct gv_repo *repo)
{
	const char *common = repo->common_dir;

	return gv_config_bool(&repo->config, "core.bare", false) ||
	    may_hold(common, "config.worktree", "bare = true") ||
	    has_file(common, "FETCH_HEAD") ||
	    has_file(repo->git_dir, "FETCH_HEAD") ||
	    has_file(common, "refs/remotes") ||
	    may_hold(common, "packed-refs", " refs/remotes/") ||
	    was_fetched(common, "HEAD") || was_fetched(repo->git_dir, "HEAD") ||
	    (repo->head_ref && was_fetched(common, repo->head_ref));
}

/* Whether git is about to bring in commits, so that files may be of these. */
static bool
is_merging(const struct gv_repo *repo)
{
	static const char *const traces[] = { "MERGE_HEAD", "CHERRY_PICK_HEAD",
		"REVERT_HEAD", "rebase-merge", "rebase-apply" };
	bool found = false;
	size_t i;

	for (i = 0; !found && i < sizeof(traces) / sizeof(traces[0]); i++)
		found = has_file(repo->git_dir, traces[i]);
	return found;
}

bool
gv_consent_find_content(
    struct gv_oid *out, struct gv_odb *odb, const struct gv_buf *text)
{
	struct gv_buf plain = GV_BUF_INIT;
	struct gv_oid oid;
	size_t i;
	bool has;

	for (i = 0; i < text->len; i++)
		if (text->p[i] != '\r' || text->p[i + 1] != '\n')
			gv_buf_addch(&plain, text->p[i]);
	gv_consent_name_text(out, text->p, text->len);
	has = gv_buf_check(&plain) < 0 || gv_odb_has(odb, out);
	if (!has && plain.len != text->len) {
		gv_consent_name_text(&oid, plain.p, plain.len);
		if ((has = gv_odb_has(odb, &oid)))
			*out = oid;
	}
	gv_buf_release(&plain);
	return has;
}

static bool
is_in_index(struct gv_repo *repo, const char *name)
{
	struct gv_index *index = NULL;
	bool is = gv_index_open(&index, repo) < 0;
	unsigned stage;

	for (stage = 0; !is && stage <= 3; stage++)
		is = gv_index_find(index, name, strlen(name), stage) != NULL;
	gv_index_close(index);
	return is;
}

/* Whether only the user can have written the files: neither HEAD nor the index
 * has them, and Git's database has none of their contents from a fetch, a
 * merge, a stash or the checkout of a single file. The index is asked as well,
 * because a filter may change the content of a file that git writes. The
 * .vaultignore files that count here are those that Git tracks, so Git has
 * their contents. Plans run commands, so they are always accepted where
 * anything was fetched. */
static bool
is_written_here(const struct gv_consent *consent, struct gv_repo *repo)
{
	const char *name = gv_consent_files[GV_CONSENT_POLICY];
	struct gv_buf committed = GV_BUF_INIT;
	struct gv_odb *odb;
	struct gv_oid id;
	bool is_new = gv_repo_odb(repo, &odb) == 0 && !is_merging(repo) &&
	    !consent->has[GV_CONSENT_IGNORE] && !consent->has[GV_CONSENT_PLANS];

	if (is_new && consent->has[GV_CONSENT_POLICY])
		is_new = !gv_consent_find_content(
			     &id, odb, &consent->texts[GV_CONSENT_POLICY]) &&
		    !is_in_index(repo, name) &&
		    gv_team_file_read_at(&committed, repo, &repo->head, name) ==
			GV_ENOTFOUND;
	if (is_new && consent->has[GV_CONSENT_BASELINE])
		is_new = !gv_consent_find_content(
		    &id, odb, &consent->texts[GV_CONSENT_BASELINE]);
	gv_buf_release(&committed);
	return is_new;
}

bool
gv_consent_is_ours(const struct gv_consent *present, struct gv_repo *repo)
{
	/* what svn or hg fetched is no commit of git's, and in no index */
	if (gv_foreign_kind_of(repo->git_dir) != GV_FOREIGN_NONE)
		return false;
	return !has_fetched(repo) || is_written_here(present, repo);
}
