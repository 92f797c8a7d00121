#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "repo/discovery_internal.h"
#include "sys/env.h"
#include "sys/proc.h"

#define STAMP_MAX 192
#define YOUNG     2 /* seconds: what may change again within one stamp */

#define ABSENT "-"
#define FOLDER "folder"

/* False where the path cannot be looked at. */
static bool
write_stamp(char out[STAMP_MAX], struct stat *st, const char *path)
{
	if (stat(path, st) < 0) {
		st->st_mode = 0;
		snprintf(out, STAMP_MAX, ABSENT);
		return errno == ENOENT || errno == ENOTDIR;
	}
	snprintf(out, STAMP_MAX,
	    "%" PRIx64 " %" PRIu64 " %" PRIu64 " %o %u %" PRId64
	    ".%09ld %" PRId64 ".%09ld",
	    (uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size,
	    (unsigned)st->st_mode, (unsigned)st->st_uid,
	    (int64_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
	    (int64_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	return true;
}

static void
add(struct gv_discovery_stamps *s, const char *path, const char *stamp)
{
	gv_buf_add(&s->text, path, strlen(path) + 1);
	gv_buf_add(&s->text, stamp, strlen(stamp) + 1);
	s->n++;
}

void
gv_discovery_stamp(struct gv_discovery_stamps *s, const char *path)
{
	char stamp[STAMP_MAX];
	struct stat st;

	if (*path != '/' || !write_stamp(stamp, &st, path) ||
	    (st.st_mode && !S_ISREG(st.st_mode)) ||
	    (st.st_mode &&
		(st.st_mtim.tv_sec + YOUNG >= s->began.tv_sec ||
		    st.st_ctim.tv_sec + YOUNG >= s->began.tv_sec)))
		s->is_doubtful = true;
	else
		add(s, path, stamp);
}

void
gv_discovery_stamp_dir(struct gv_discovery_stamps *s, const char *path)
{
	add(s, path, FOLDER);
}

bool
gv_discovery_is_unchanged(const char *p, size_t n)
{
	char now[STAMP_MAX];
	const char *path, *was;
	struct stat st;
	size_t i;

	for (i = 0; i < n; i++, p = was + strlen(was) + 1) {
		path = p;
		was = p + strlen(p) + 1;
		if (strcmp(was, FOLDER) == 0) {
			if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
				return false;
		} else if (!write_stamp(now, &st, path) ||
		    strcmp(now, was) != 0) {
			return false;
		}
	}
	return true;
}

/* ---- the files of git's configuration ---- */

#define FILE_ORIGIN "file:"

/* The path that an origin names; NULL for the command line and others. git
 * names the repository's own two files relative to the current directory; these
 * are stamped by themselves. */
static const char *
file_of(const char *origin)
{
	return strncmp(origin, FILE_ORIGIN, strlen(FILE_ORIGIN)) == 0
	    ? origin + strlen(FILE_ORIGIN)
	    : NULL;
}

/* git tells the path of a file that is not there only in its complaint. */
static void
stamp_system(struct gv_discovery_stamps *s)
{
	const char *argv[] = { "git", "config", "--system", "--list", NULL };
	const char *env[] = { "LC_ALL=C", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *from, *to;

	if (gv_proc_run(
		&p, &(struct gv_proc_opts){ .argv = argv, .env = env }) < 0 ||
	    p.status == 0 || (from = strchr(p.err.p, '\'')) == NULL ||
	    (to = strrchr(p.err.p, '\'')) == from) {
		s->is_doubtful = true;
	} else {
		*to = '\0';
		gv_discovery_stamp(s, from + 1);
	}
	gv_proc_release(&p);
}

/* Whether git reads no file of the system, by its environment. */
static bool
is_system_off(void)
{
	const char *off = gv_env_get("GIT_CONFIG_NOSYSTEM");

	return off && (strcmp(off, "1") == 0 || strcmp(off, "true") == 0);
}

static void
stamp_users(struct gv_discovery_stamps *s)
{
	const char *global;
	struct gv_buf path = GV_BUF_INIT;

	if (gv_env_config_file(&path, "git/config") == 0)
		gv_discovery_stamp(s, path.p);
	gv_buf_reset(&path);
	if (gv_env_expand(&path, "~/.gitconfig") == 0)
		gv_discovery_stamp(s, path.p);
	global = gv_env_get("GIT_CONFIG_GLOBAL");
	if (global)
		gv_discovery_stamp(s, global);
	s->is_doubtful = s->is_doubtful || path.failed;
	gv_buf_release(&path);
}

/* The folder of a file that includes others: its own path, or that of the
 * repository's file that git names by a relative one. NULL if in doubt. */
static const char *
folder_of(int *len, const char *file, const struct gv_discovery *found)
{
	const char *slash = strrchr(file, '/');

	*len = slash ? (int)(slash - file) : 0;
	if (*file == '/')
		return file;
	file = slash ? slash + 1 : file;
	*len = INT_MAX;
	if (strcmp(file, "config") == 0)
		return found->common_dir;
	return strcmp(file, "config.worktree") == 0 ? found->git_dir : NULL;
}

/* The file that an include names, whether git read it or not. */
static void
stamp_include(struct gv_discovery_stamps *s, const struct gv_config_entry *e,
    const struct gv_discovery *found)
{
	const char *from = file_of(e->origin), *dir = NULL;
	struct gv_buf path = GV_BUF_INIT;
	int r = 0, len = 0;

	if (from)
		dir = folder_of(&len, from, found);

	if (strncmp(e->key, "includeif.hasconfig:", 20) == 0 ||
	    e->value == NULL || *e->value == '%' || dir == NULL) {
		s->is_doubtful = true;
		return;
	}
	if (strncmp(e->key, "includeif.onbranch:", 19) == 0) {
		gv_buf_addf(&path, "%s/HEAD", found->git_dir);
		gv_discovery_stamp(s, path.p);
		gv_buf_reset(&path);
	}
	if (*e->value == '~')
		r = gv_env_expand(&path, e->value);
	else if (*e->value == '/')
		gv_buf_addstr(&path, e->value);
	else
		gv_buf_addf(&path, "%.*s/%s", len, dir, e->value);
	if (r < 0 || gv_buf_check(&path) < 0)
		s->is_doubtful = true;
	else
		gv_discovery_stamp(s, path.p);
	gv_buf_release(&path);
}

bool
gv_discovery_is_own(
    const struct gv_config_entry *e, const struct gv_discovery *found)
{
	const bool is_local = e->scope == GV_CONFIG_LOCAL;
	const char *name = is_local ? "config" : "config.worktree";
	const char *dir = is_local ? found->common_dir : found->git_dir;
	const char *file = file_of(e->origin);
	const size_t len = strlen(dir);

	if (file == NULL || (!is_local && e->scope != GV_CONFIG_WORKTREE))
		return false;
	if (strncmp(file, ".git/", 5) == 0)
		file += 5;
	else if (strncmp(file, dir, len) == 0 && file[len] == '/')
		file += len + 1;
	return strcmp(file, name) == 0;
}

void
gv_discovery_stamp_config(
    struct gv_discovery_stamps *s, const struct gv_discovery *found)
{
	const struct gv_config *config = &found->config;
	struct gv_buf path = GV_BUF_INIT;
	const char *last = "", *file;
	bool has_system = false;
	size_t i;

	for (i = 0; i < config->n && !s->is_doubtful; i++) {
		const struct gv_config_entry *e = &config->entries[i];

		file = file_of(e->origin);
		if (strncmp(e->key, "include.", 8) == 0 ||
		    strncmp(e->key, "includeif.", 10) == 0)
			stamp_include(s, e, found);
		if (file == NULL || strcmp(file, last) == 0)
			continue;
		last = file;
		has_system = has_system || e->scope == GV_CONFIG_SYSTEM;
		if (*file == '/')
			gv_discovery_stamp(s, file);
		else if (!gv_discovery_is_own(e, found))
			s->is_doubtful = true;
	}
	stamp_users(s);
	gv_buf_addf(&path, "%s/config", found->common_dir);
	gv_discovery_stamp(s, path.p);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/config.worktree", found->git_dir);
	gv_discovery_stamp(s, path.p);
	s->is_doubtful = s->is_doubtful || path.failed || s->text.failed;
	gv_buf_release(&path);
	if (!s->is_doubtful && !has_system && !is_system_off())
		stamp_system(s);
}
