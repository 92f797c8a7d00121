#include "snapshot/origin.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "repo/hash.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

#define MAX_LOG  ((size_t)16 * 1024 * 1024)
#define MAX_WORD 40

/* What stands in the repository's folder while something is under way. */
static const struct {
	const char *file, *operation;
} operations[] = {
	{ "MERGE_HEAD", "merge" },
	{ "rebase-merge", "rebase" },
	{ "rebase-apply", "rebase" },
	{ "CHERRY_PICK_HEAD", "cherry-pick" },
	{ "REVERT_HEAD", "revert" },
	{ "BISECT_LOG", "bisect" },
};

/* The ids that begin the lines of a text, where nothing else does. */
static void
add_commits(struct gv_buf *out, const char *text)
{
	struct gv_oid id;
	char hex[GV_OID_HEX + 1];

	while (gv_oid_parse(&id, text) == 0) {
		gv_oid_format(hex, &id);
		gv_buf_addf(out, " %s", hex);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

static void
add_operation(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		gv_buf_reset(&path);
		gv_buf_reset(&text);
		gv_buf_addf(&path, "%s/%s", repo->git_dir, operations[i].file);
		if (!gv_file_exists(AT_FDCWD, path.p))
			continue;
		gv_buf_addf(out, "operation %s", operations[i].operation);
		/* the commits that are merged, picked or reverted */
		if (gv_file_read(&text, AT_FDCWD, path.p, MAX_LOG) == 0)
			add_commits(out, text.p);
		gv_buf_addch(out, '\n');
	}
	gv_buf_release(&path);
	gv_buf_release(&text);
}

/* Append a value without the credentials of the URLs in it. */
static void
add_value(struct gv_buf *out, const char *value)
{
	struct gv_buf clean = GV_BUF_INIT;

	gv_remote_add_bare(&clean, value);
	gv_path_quote(out, clean.p, clean.len);
	gv_buf_release(&clean);
}

/* "branch.<name>.remote" and ".merge" as "<remote>/<branch>". */
static void
add_upstream(struct gv_buf *out, const struct gv_repo *repo, const char *branch)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *remote, *merge;

	gv_buf_addf(&key, "branch.%s.remote", branch);
	remote = gv_config_get(&repo->config, key.p);
	gv_buf_reset(&key);
	gv_buf_addf(&key, "branch.%s.merge", branch);
	merge = gv_config_get(&repo->config, key.p);
	if (remote && merge) {
		gv_buf_addstr(out, "upstream ");
		add_value(out, remote);
		gv_buf_addf(out, " %s\n", merge);
	}
	gv_buf_release(&key);
}

static void
collect_repository(struct gv_buf *out, const struct gv_repo *repo)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &repo->head);
	if (!gv_oid_is_zero(&repo->head))
		gv_buf_addf(out, "head %s\n", hex);
	if (repo->head_ref) {
		gv_buf_addf(out, "branch %s\n", repo->head_ref);
		if (strncmp(repo->head_ref, "refs/heads/", 11) == 0)
			add_upstream(out, repo, repo->head_ref + 11);
	}
	gv_buf_addstr(out, "object-format sha1\n");
	if (repo->shallow)
		gv_buf_addstr(out, "shallow true\n");
	if (repo->partial)
		gv_buf_addstr(out, "partial true\n");
	add_operation(out, repo);
}

static void
collect_refs(struct gv_buf *out, struct gv_buf *local,
    const struct gv_repo *repo, const struct gv_refs *refs)
{
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < refs->n; i++) {
		const struct gv_ref *ref = &refs->refs[i];

		if (gv_remote_ref_is_ours(&repo->config, ref->name))
			continue;
		gv_oid_format(hex, &ref->oid);
		gv_buf_addf(out, "%s %s\n", hex, ref->name);
		/* what a fetch brings is no change of this clone's own work */
		if (strncmp(ref->name, "refs/remotes/", 13) != 0)
			gv_buf_addf(local, "%s %s\n", hex, ref->name);
	}
}

/* Keys that hold a credential by their meaning. */
static bool
is_secret_key(const char *key)
{
	static const char *const words[] = { "password", "passwd", "token",
		"secret", "extraheader", "cookie", "apikey", "accesskey",
		"sslkey", "credential.", "smtppass", "imap.pass", NULL };
	size_t i;

	for (i = 0; words[i]; i++)
		if (strstr(key, words[i]))
			return true;
	return false;
}

/* What says nothing but how git works here, by the part in front of the first
 * dot and that behind the last; NULL: any. All other settings may hold whatever
 * their user put there, as aliases, filters and commands do. */
static const struct {
	const char *section, *name;
	bool is_name; /* of a remote, a branch, a path, a person */
} harmless[] = {
	{ "core", "repositoryformatversion", false },
	{ "core", "filemode", false },
	{ "core", "bare", false },
	{ "core", "logallrefupdates", false },
	{ "core", "ignorecase", false },
	{ "core", "precomposeunicode", false },
	{ "core", "symlinks", false },
	{ "core", "autocrlf", false },
	{ "core", "eol", false },
	{ "core", "safecrlf", false },
	{ "core", "sparsecheckout", false },
	{ "core", "sparsecheckoutcone", false },
	{ "core", "untrackedcache", false },
	{ "core", "splitindex", false },
	{ "core", "protectntfs", false },
	{ "core", "protecthfs", false },
	{ "core", "abbrev", false },
	{ "core", "bigfilethreshold", false },
	{ "core", "checkstat", false },
	{ "core", "commitgraph", false },
	{ "core", "compression", false },
	{ "core", "fscache", false },
	{ "core", "fsmonitor", false },
	{ "core", "fsync", false },
	{ "core", "fsyncmethod", false },
	{ "core", "fsyncobjectfiles", false },
	{ "core", "longpaths", false },
	{ "core", "loosecompression", false },
	{ "core", "multipackindex", false },
	{ "core", "preloadindex", false },
	{ "core", "quotepath", false },
	{ "core", "sharedrepository", false },
	{ "core", "trustctime", false },
	{ "advice", NULL, false },
	{ "color", NULL, false },
	{ "commit", "gpgsign", false },
	{ "merge", "ff", false },
	{ "pack", NULL, false },
	{ "tag", "gpgsign", false },
	{ "extensions", NULL, false },
	{ "index", NULL, false },
	{ "pull", NULL, false },
	{ "push", "default", false },
	{ "push", "followtags", false },
	{ "fetch", "prune", false },
	{ "fetch", "hiderefs", true },
	{ "transfer", "hiderefs", true },
	{ "receive", "hiderefs", true },
	{ "fetch", NULL, false },
	{ "receive", NULL, false },
	{ "transfer", NULL, false },
	{ "rebase", NULL, false },
	{ "rerere", NULL, false },
	{ "gc", NULL, false },
	{ "maintenance", NULL, false },
	{ "feature", NULL, false },
	{ "log", "excludedecoration", true },
	{ "notes", "mergestrategy", false },
	{ "init", "defaultbranch", true },
	{ "user", "name", true },
	{ "user", "email", true },
	{ "branch", "remote", true },
	{ "branch", "merge", true },
	{ "branch", "rebase", false },
	{ "remote", "url", true },
	{ "remote", "pushurl", true },
	{ "remote", "fetch", true },
	{ "remote", "tagopt", true },
	{ "remote", "mirror", false },
	{ "remote", "prune", false },
	{ "remote", "promisor", false },
	{ "remote", "partialclonefilter", true },
	{ "submodule", "active", true },
	{ "submodule", "url", true },
	{ "vault", "autofold", false },
	{ "vault", "autoreclaim", false },
	{ "vault", "chunkthreshold", false },
	{ "vault", "hidesreceipts", false },
	{ "vault", "hooksnapshot", false },
	{ "vault", "hooksrequired", false },
	{ "vault", "keyring", true },
	{ "vault", "narrowed", false },
	{ "vault", "policy", false },
	{ "vault", "prefix", true },
	{ "vault", "prepush", false },
	{ "vault", "prepushtimeout", false },
	{ "vault", "receivemaxdeletes", false },
	{ "vault", "reclaimexpire", false },
	{ "vault", "recursesubmodules", false },
	{ "vault", "scan", false },
	{ "vault", "signgood", false },
	{ "vault", "trashexpire", false },
};

/* A word, a number or a switch holds no secret; a name is searched later. */
static bool
is_harmless_value(const char *value, bool is_name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._,-";
	size_t n;

	if (value == NULL || is_name)
		return true;
	n = strspn(value, chars);
	return n <= MAX_WORD && value[n] == '\0';
}

static bool
is_harmless(const struct gv_config_entry *e)
{
	const size_t front = strcspn(e->key, ".");
	const char *last = strrchr(e->key, '.');
	size_t i;

	for (i = 0; last && i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strlen(harmless[i].section) == front &&
		    strncmp(harmless[i].section, e->key, front) == 0 &&
		    (harmless[i].name == NULL ||
			strcmp(harmless[i].name, last + 1) == 0))
			return is_harmless_value(e->value, harmless[i].is_name);
	return false;
}

static void
add_setting(struct gv_buf *out, const struct gv_config_entry *e)
{
	gv_path_quote(out, e->key, strlen(e->key));
	if (e->value) {
		gv_buf_addch(out, '=');
		add_value(out, e->value);
	}
	gv_buf_addch(out, '\n');
}

/* What 'hooks install' sets, with a path of this machine, it sets again on
 * another. */
static bool
is_ours(const char *key)
{
	static const char driver[] = "merge.git-vault.";

	return strncmp(key, driver, sizeof(driver) - 1) == 0;
}

static void
collect_config(struct gv_origin *out, const struct gv_config *config)
{
	size_t i;

	for (i = 0; i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];

		if ((e->scope != GV_CONFIG_LOCAL &&
			e->scope != GV_CONFIG_WORKTREE) ||
		    is_secret_key(e->key) || is_ours(e->key))
			continue;
		/* a section may be named by a URL: url.<base>.insteadOf */
		if (strchr(e->key, '@') && strstr(e->key, "://"))
			continue;
		add_setting(is_harmless(e) ? &out->config : &out->settings, e);
	}
}

int
gv_origin_collect(struct gv_origin *out, const struct gv_repo *repo,
    const struct gv_refs *refs)
{
	struct gv_buf local = GV_BUF_INIT;
	int r;

	*out = (struct gv_origin)GV_ORIGIN_INIT;
	collect_repository(&out->repository, repo);
	gv_buf_add(&local, out->repository.p, out->repository.len);
	collect_refs(&out->refs, &local, repo, refs);
	collect_config(out, &repo->config);
	if ((r = gv_buf_check(&local)) == 0 &&
	    (r = gv_buf_check(&out->repository)) == 0 &&
	    (r = gv_buf_check(&out->refs)) == 0 &&
	    (r = gv_buf_check(&out->config)) == 0 &&
	    (r = gv_buf_check(&out->settings)) == 0)
		gv_hash_object(&out->digest, GV_OTYPE_BLOB, local.p, local.len);
	gv_buf_release(&local);
	if (r < 0)
		gv_origin_release(out);
	return r;
}

int
gv_origin_add_git(struct gv_origin *origin, struct gv_repo *repo)
{
	const char *version;
	int r = gv_repo_git_version(&version, repo);

	if (r == 0)
		gv_buf_addf(&origin->repository, "git-version %s\n", version);
	return r < 0 ? r : gv_buf_check(&origin->repository);
}

void
gv_origin_release(struct gv_origin *origin)
{
	if (origin == NULL)
		return;
	gv_buf_release(&origin->repository);
	gv_buf_release(&origin->refs);
	gv_buf_release(&origin->config);
	gv_buf_release(&origin->settings);
}

/* The stash is a reflog: its older entries hang on nothing else. */
static void
add_stashes(struct gv_buf *tips, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, log = GV_BUF_INIT;
	char *line, *nl;

	gv_buf_addf(&path, "%s/logs/refs/stash", repo->common_dir);
	if (gv_file_read(&log, AT_FDCWD, path.p, MAX_LOG) == 0)
		for (line = log.p; (nl = strchr(line, '\n')); line = nl + 1)
			if (nl - line > 2 * GV_OID_HEX + 1) {
				gv_buf_add(
				    tips, line + GV_OID_HEX + 1, GV_OID_HEX);
				gv_buf_addch(tips, '\n');
			}
	gv_buf_release(&path);
	gv_buf_release(&log);
}

/* The tips to ask about, one a line: empty where nobody need be asked. */
static void
list_tips(
    struct gv_buf *tips, const struct gv_repo *repo, const struct gv_refs *refs)
{
	struct gv_map known = GV_MAP_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (strncmp(refs->refs[i].name, "refs/remotes/", 13) == 0)
			gv_map_put(&known, refs->refs[i].oid.id, GV_OID_RAW,
			    (void *)&refs->refs[i]);
	for (i = 0; i < refs->n; i++) {
		const struct gv_ref *ref = &refs->refs[i];

		if ((strncmp(ref->name, "refs/heads/", 11) != 0 &&
			strcmp(ref->name, "refs/stash") != 0) ||
		    gv_oid_equal(&ref->oid, &repo->head) ||
		    gv_map_get(&known, ref->oid.id, GV_OID_RAW))
			continue;
		gv_oid_format(hex, &ref->oid);
		gv_buf_addf(tips, "%s\n", hex);
	}
	if (gv_refs_find(refs, "refs/stash"))
		add_stashes(tips, repo);
	gv_map_release(&known);
}

static int
take_tip(struct gv_oid **out, size_t *n, size_t *cap, const char *hex)
{
	struct gv_oid id;
	size_t i;
	int r;

	gv_oid_parse(&id, hex);
	for (i = 0; i < *n; i++)
		if (gv_oid_equal(&(*out)[i], &id))
			return 0;
	if ((r = gv_vec_grow((void **)out, cap, *n + 1, sizeof(**out))) == 0)
		(*out)[(*n)++] = id;
	return r;
}

/* git lists every commit that is reached by the tips and by nothing kept
 * elsewhere, each line with its parents behind it. A tip counts where it is
 * listed itself and is nobody's parent in the list. */
static int
pick(struct gv_oid **out, size_t *n, char *list, const struct gv_buf *tips)
{
	struct gv_map listed = GV_MAP_INIT, inner = GV_MAP_INIT;
	char *line, *nl, *p;
	const char *tip;
	size_t cap = 0;
	int r = 0;

	for (line = list; r == 0 && (nl = strchr(line, '\n')); line = nl + 1) {
		r = gv_map_put(&listed, line, GV_OID_HEX, line);
		for (p = line + GV_OID_HEX; r == 0 && *p == ' ';
		     p += GV_OID_HEX + 1)
			r = gv_map_put(&inner, p + 1, GV_OID_HEX, p);
	}
	for (tip = tips->p; r == 0 && *tip; tip += GV_OID_HEX + 1)
		if (gv_map_get(&listed, tip, GV_OID_HEX) &&
		    !gv_map_get(&inner, tip, GV_OID_HEX))
			r = take_tip(out, n, &cap, tip);
	gv_map_release(&listed);
	gv_map_release(&inner);
	return r;
}

int
gv_origin_unpushed(struct gv_oid **out, size_t *n, const struct gv_repo *repo,
    const struct gv_refs *refs)
{
	/* a stash or branch that is damaged must not keep us from saving the
	 * rest */
	const char *argv[] = { "git", "rev-list", "--ignore-missing",
		"--parents", "--stdin", "--not", "--remotes", NULL };
	struct gv_buf tips = GV_BUF_INIT, in = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	*out = NULL;
	*n = 0;
	list_tips(&tips, repo, refs);
	r = gv_buf_check(&tips);
	if (r < 0 || tips.len == 0)
		goto out;
	gv_buf_add(&in, tips.p, tips.len);
	if (!gv_oid_is_zero(&repo->head))
		gv_buf_addstr(&in, "^HEAD\n");
	if ((r = gv_buf_check(&in)) == 0)
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){
			.argv = argv, .in = in.p, .in_len = in.len });
	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR,
		    "cannot list the commits that are not pushed yet: %s",
		    p.err.p);
		goto out;
	}
	r = pick(out, n, p.out.p, &tips);
out:
	if (r < 0) {
		free(*out);
		*out = NULL;
		*n = 0;
	}
	gv_proc_release(&p);
	gv_buf_release(&tips);
	gv_buf_release(&in);
	return r;
}
