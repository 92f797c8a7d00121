#include "project/sight_internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/hash.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

/*
 * Git does not say which tags a remote has. A tag may have come from there, and
 * stand on a branch that is gone by now. So commits of the user's own count
 * alone. To find none, git has to walk all history, so the answer is kept while
 * the refs are as they were:
 *	<40 digits>	of the refs and the user
 *	<number>
 */
#define CACHE "tagged-commits"

static bool
is_below(const struct gv_ref *ref, const char *prefix)
{
	return strncmp(ref->name, prefix, strlen(prefix)) == 0;
}

/* False where there is no tag. */
static bool
digest(struct gv_oid *out, const struct gv_refs *refs, const char *user)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	bool has_tag = false;
	size_t i;

	gv_buf_addf(&text, "%s\n", user);
	for (i = 0; i < refs->n; i++) {
		const struct gv_ref *ref = &refs->refs[i];
		const bool is_tag = is_below(ref, "refs/tags/");

		if (!is_tag && !is_below(ref, "refs/heads/") &&
		    !is_below(ref, "refs/remotes/"))
			continue;
		has_tag |= is_tag;
		gv_oid_format(hex, &ref->oid);
		gv_buf_addf(&text, "%s %s\n", hex, ref->name);
	}
	has_tag = has_tag && gv_buf_check(&text) == 0;
	if (has_tag)
		gv_hash_object(out, GV_OTYPE_BLOB, text.p, text.len);
	gv_buf_release(&text);
	return has_tag;
}

static bool
recall(int64_t *n, const char *path, const struct gv_oid *at)
{
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save(), *end = NULL;
	struct gv_oid was;
	const bool is = gv_file_read(&text, AT_FDCWD, path, 128) == 0 &&
	    text.len > GV_OID_HEX + 1 && gv_oid_parse(&was, text.p) == 0 &&
	    gv_oid_equal(&was, at);

	if (is)
		*n = strtoll(text.p + GV_OID_HEX + 1, &end, 10);
	gv_buf_release(&text);
	gv_err_restore(before);
	return is && *n >= 0;
}

/* Losing it costs time. */
static void
remember(int64_t n, const char *path, const struct gv_oid *at)
{
	struct gv_buf text = GV_BUF_INIT;
	char *before = gv_err_save(), hex[GV_OID_HEX + 1];

	gv_oid_format(hex, at);
	gv_buf_addf(&text, "%s\n%" PRId64 "\n", hex, n);
	if (gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path, text.p, text.len, 0600, false);
	gv_buf_release(&text);
	gv_err_restore(before);
}

/* 1; 0 where git cannot, as for a tag whose object is missing: that is no
 * reason to say nothing of a project. GV_ENOMEM, GV_ERROR. */
static int
count(int64_t *n, const char *user)
{
	char most[32];
	struct gv_buf by = GV_BUF_INIT;
	const char *argv[] = { "git", "rev-list", "--count", most,
		"--fixed-strings", NULL, "--tags", "--not", "--branches",
		"--remotes", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	snprintf(most, sizeof(most), "--max-count=%d", GV_SIGHT_COMMITS);
	gv_buf_addf(&by, "--committer=<%s>", user);
	argv[5] = by.p;
	if ((r = gv_buf_check(&by)) == 0)
		r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status == 0 && p.out.len) {
		*n = strtoll(p.out.p, NULL, 10);
		r = 1;
	}
	gv_buf_release(&by);
	gv_proc_release(&p);
	return r;
}

int
gv_sight_add_tagged(struct gv_sight *sight, const struct gv_repo *repo,
    const struct gv_refs *refs)
{
	const char *user = gv_env_get("GIT_COMMITTER_EMAIL");
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid at;
	int64_t n = 0;
	int r;

	if (user == NULL)
		user = gv_config_get(&repo->config, "user.email");
	if (user == NULL || *user == '\0' || !digest(&at, refs, user))
		return 0;
	gv_buf_addf(&path, "%s/" CACHE, repo->vault_dir);
	if ((r = gv_buf_check(&path)) == 0 && !recall(&n, path.p, &at) &&
	    (r = count(&n, user)) > 0)
		remember(n, path.p, &at);
	if (r >= 0)
		sight->commits = sight->commits + n < GV_SIGHT_COMMITS
		    ? sight->commits + n
		    : GV_SIGHT_COMMITS;
	gv_buf_release(&path);
	return r < 0 ? r : 0;
}
