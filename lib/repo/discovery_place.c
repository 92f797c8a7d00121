#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/discovery_internal.h"
#include "repo/hash.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"

extern char **environ;

#define MAX_GIT_FILE 4096 /* of a file `.git` */
#define MAX_ENV      256  /* of Git's variables */

/* ---- the circumstances ---- */

/* Variables that neither the place nor the configuration depends on. The ones
 * that differ between two commits in a row are among them. */
static bool
is_harmless(const char *variable)
{
	static const char *const names[] = { "GIT_AUTHOR_", "GIT_COMMITTER_",
		"GIT_EDITOR=", "GIT_SEQUENCE_EDITOR=", "GIT_PAGER=",
		"GIT_PAGER_IN_USE=", "GIT_PREFIX=", "GIT_REFLOG_ACTION=",
		"GIT_TERMINAL_PROMPT=", "GIT_ASKPASS=", "GIT_VAULT_",
		"GIT_MERGE_AUTOEDIT=", "GIT_SSH=", "GIT_SSH_COMMAND=",
		"GIT_SSL_", "GIT_HTTP_", "GIT_PROXY_", "GIT_CURL_", "GIT_TRACE",
		"GIT_LFS_", "GIT_NO_REPLACE_OBJECTS=", "GIT_NO_LAZY_FETCH=",
		"GIT_OPTIONAL_LOCKS=", "GIT_LITERAL_PATHSPECS=", "GIT_FLUSH=" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Git's variables, sorted; false where they are too many. */
static bool
find_env(const char *list[MAX_ENV], size_t *n)
{
	char **e;

	*n = 0;
	for (e = environ; *e; e++) {
		if (strncmp(*e, "GIT_", 4) != 0 || is_harmless(*e))
			continue;
		if (*n == MAX_ENV)
			return false;
		list[(*n)++] = *e;
	}
	qsort(list, *n, sizeof(*list), compare);
	return true;
}

static void
add(struct gv_buf *out, const char *s)
{
	gv_buf_addstr(out, s ? s : "");
	gv_buf_addch(out, '\0');
}

/* Whether a variable may name a path relative to the current directory. Those
 * of the configuration do not: a file that is named so is asked about. */
static bool
is_relative(const char *variable)
{
	return strncmp(variable, "GIT_CONFIG_", 11) != 0;
}

/* Name the circumstances. */
static bool
make_key(struct gv_discovery_place *place, const char *cwd)
{
	const char *list[MAX_ENV] = { NULL };
	struct gv_buf text = GV_BUF_INIT;
	size_t i, n;
	bool ok;

	if (!find_env(list, &n))
		return false;
	for (i = 0; i < n; i++)
		place->has_git_env = place->has_git_env || is_relative(list[i]);
	gv_buf_addf(&text, "%u %u", (unsigned)getuid(), (unsigned)geteuid());
	gv_buf_addch(&text, '\0');
	add(&text, gv_env_get("HOME"));
	add(&text, gv_env_get("XDG_CONFIG_HOME"));
	add(&text, gv_env_get("SUDO_UID"));
	add(&text, place->git);
	add(&text, place->has_git_env ? cwd : "");
	for (i = 0; i < n; i++)
		add(&text, list[i]);
	ok = gv_buf_check(&text) == 0;
	gv_hash_plain(&place->key, text.p, text.len);
	gv_buf_release(&text);
	return ok;
}

/* The git that would be started: the first of PATH. An empty or relative
 * folder there depends on where we are. */
static char *
find_git(void)
{
	const char *p = gv_env_get("PATH"), *end;
	struct gv_buf path = GV_BUF_INIT;

	for (; p && *p; p = *end ? end + 1 : end) {
		end = strchrnul(p, ':');
		if (*p != '/')
			break;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%.*s/git", (int)(end - p), p);
		if (gv_buf_check(&path) < 0)
			break;
		if (access(path.p, X_OK) == 0)
			return gv_buf_take(&path);
	}
	gv_buf_release(&path);
	return NULL;
}

/* ---- the place ---- */

static bool
is_ours(const struct stat *st)
{
	return st->st_uid == geteuid();
}

/* Whether this folder, where `.git` is missing, may be a repository itself, or
 * lies on another file system, where git would stop. */
static bool
is_odd(struct gv_buf *path, const struct stat *start)
{
	const size_t len = path->len;
	struct stat st;
	bool odd = stat(path->len ? path->p : "/", &st) < 0 ||
	    st.st_dev != start->st_dev;

	gv_buf_addstr(path, "/HEAD");
	odd = odd || path->failed || lstat(path->p, &st) == 0;
	gv_buf_truncate(path, len);
	return odd;
}

/* Read the folder that a file `.git` names. */
static char *
read_git_file(const char *path, const char *dir)
{
	struct gv_buf text = GV_BUF_INIT, to = GV_BUF_INIT;
	char *real = NULL;

	if (gv_file_read(&text, AT_FDCWD, path, MAX_GIT_FILE) == 0 &&
	    strncmp(text.p, "gitdir: ", 8) == 0 && strlen(text.p) == text.len) {
		while (text.len && text.p[text.len - 1] == '\n')
			gv_buf_truncate(&text, text.len - 1);
		if (text.p[8] != '/')
			gv_buf_addf(&to, "%s/", dir);
		gv_buf_addstr(&to, text.p + 8);
		real = gv_buf_check(&to) == 0 ? gv_entry_real_path(to.p) : NULL;
	}
	gv_buf_release(&text);
	gv_buf_release(&to);
	return real;
}

/* `.git` of the folder `dir` is there. */
static bool
take(struct gv_discovery_place *out, const char *dot_git, const struct stat *st,
    const char *dir, const char *cwd)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct stat at;

	if (!is_ours(st) || stat(*dir ? dir : "/", &at) < 0 || !is_ours(&at))
		return false;
	if (S_ISREG(st->st_mode)) {
		out->git_file = strdup(dot_git);
		out->git_dir = read_git_file(dot_git, dir);
		if (out->git_dir == NULL || stat(out->git_dir, &at) < 0 ||
		    !S_ISDIR(at.st_mode) || !is_ours(&at))
			return false;
	} else if (S_ISDIR(st->st_mode)) {
		out->git_dir = strdup(dot_git);
	}
	out->worktree = strdup(*dir ? dir : "/");
	if (cwd[strlen(dir)] && cwd[strlen(dir) + 1])
		gv_buf_addf(&prefix, "%s/", cwd + strlen(dir) + 1);
	out->prefix = gv_buf_take(&prefix);
	return out->git_dir && out->worktree && out->prefix;
}

/* Go up from the current directory to the first `.git`, as git does. */
static bool
walk_up(struct gv_discovery_place *out, const char *cwd)
{
	struct gv_buf dir = GV_BUF_INIT;
	struct stat start, st;
	size_t len;
	bool found = false;

	gv_buf_addstr(&dir, strcmp(cwd, "/") == 0 ? "" : cwd);
	if (stat(cwd, &start) < 0)
		goto out;
	for (;;) {
		len = dir.len;
		gv_buf_addstr(&dir, "/.git");
		if (dir.failed)
			break;
		if (lstat(dir.p, &st) == 0) {
			char *dot_git = strdup(dir.p);

			gv_buf_truncate(&dir, len);
			found = dot_git && take(out, dot_git, &st, dir.p, cwd);
			free(dot_git);
			break;
		}
		gv_buf_truncate(&dir, len);
		if (len == 0 || is_odd(&dir, &start))
			break;
		gv_buf_truncate(&dir, (size_t)(strrchr(dir.p, '/') - dir.p));
	}
out:
	gv_buf_release(&dir);
	return found;
}

static bool
take_git_dir(struct gv_discovery_place *out, const char *path)
{
	struct stat st;

	out->git_dir = gv_entry_real_path(path);
	return out->git_dir && stat(out->git_dir, &st) == 0 &&
	    S_ISDIR(st.st_mode) && is_ours(&st);
}

/* git prefers PWD to the path that it finds itself if both are one folder. Who
 * comes by `git -C` has the PWD of another one. */
static bool
is_pwd_plain(const char *cwd)
{
	const char *pwd = gv_env_get("PWD");
	struct stat named, here;

	return pwd == NULL || strcmp(pwd, cwd) == 0 || stat(pwd, &named) < 0 ||
	    (stat(cwd, &here) == 0 &&
		(named.st_dev != here.st_dev || named.st_ino != here.st_ino));
}

/* Variables under which git looks at more than this does; the folders of a
 * push, which differ each time; and settings, which may be secrets, so that not
 * even a digest of them is to be written down. */
static bool
is_env_plain(const char *cwd)
{
	static const char *const odd[] = { "GIT_CEILING_DIRECTORIES",
		"GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_QUARANTINE_PATH",
		"GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
		"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT" };
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (gv_env_is_set(odd[i]))
			return false;
	return is_pwd_plain(cwd);
}

bool
gv_discovery_find(struct gv_discovery_place *out)
{
	struct gv_discovery_place place = { .git_dir = NULL };
	const char *git_dir = gv_env_get("GIT_DIR");
	char *cwd = gv_entry_real_path(".");

	place.git = find_git();
	if (cwd && place.git && is_env_plain(cwd) && make_key(&place, cwd) &&
	    (gv_env_is_set("GIT_DIR") ? take_git_dir(&place, git_dir)
				      : walk_up(&place, cwd))) {
		free(cwd);
		*out = place;
		return true;
	}
	free(cwd);
	gv_discovery_place_release(&place);
	return false;
}

void
gv_discovery_place_release(struct gv_discovery_place *place)
{
	free(place->git_dir);
	free(place->git_file);
	free(place->worktree);
	free(place->prefix);
	free(place->git);
	memset(place, 0, sizeof(*place));
}
