#include "fleet/fleet_guard.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "project/crew.h"
#include "repo/config.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

#define WORKTREE   "core.worktree"
#define CONFIG_MAX ((size_t)256 * 1024)

/* ---- the environment ----------------------------------------------------- */

/* Git finds no hook in a folder that holds devices. */
static const char *const off[][2] = {
	{ "core.hooksPath", "/dev" },
	{ "core.fsmonitor", "false" },
};

static int
add(struct gv_fleet_guard *g, struct gv_buf *text)
{
	char *copy = gv_buf_take(text);

	if (copy == NULL || GV_GROW(g->env, g->n, g->cap) < 0) {
		free(copy);
		return gv_err_nomem();
	}
	g->env[g->n++] = copy;
	return 0;
}

/* Behind those that the environment sets already. */
static int
add_settings(struct gv_fleet_guard *g)
{
	const size_t n = sizeof(off) / sizeof(off[0]);
	const char *set = gv_env_get("GIT_CONFIG_COUNT");
	const unsigned long first = set ? strtoul(set, NULL, 10) : 0;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		gv_buf_addf(
		    &text, "GIT_CONFIG_KEY_%lu=%s", first + i, off[i][0]);
		if ((r = add(g, &text)) < 0)
			break;
		gv_buf_addf(
		    &text, "GIT_CONFIG_VALUE_%lu=%s", first + i, off[i][1]);
		r = add(g, &text);
	}
	if (r == 0) {
		gv_buf_addf(&text, "GIT_CONFIG_COUNT=%lu", first + n);
		r = add(g, &text);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_fleet_guard_open(struct gv_fleet_guard *g)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	memset(g, 0, sizeof(*g));
	r = add_settings(g);
	/* No helper of a transport that an address names, as ext::, and no
	 * folder here: what receives there runs its hooks, and gets none of the
	 * settings above. */
	if (r == 0 && gv_env_get("GIT_ALLOW_PROTOCOL") == NULL) {
		gv_buf_addstr(&text, "GIT_ALLOW_PROTOCOL=git:http:https:ssh");
		r = add(g, &text);
	}
	gv_buf_release(&text);
	if (r < 0 || GV_GROW(g->env, g->n, g->cap) < 0) {
		gv_fleet_guard_close(g);
		return gv_err_nomem();
	}
	g->env[g->n] = NULL;
	return 0;
}

void
gv_fleet_guard_close(struct gv_fleet_guard *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		free((char *)(uintptr_t)g->env[i]);
	free(g->env);
	memset(g, 0, sizeof(*g));
}

/* ---- the configuration --------------------------------------------------- */

/* Section and name of settings that git runs. */
static const char *const runs[][2] = {
	{ "alias", "*" },
	{ "core", "alternaterefscommand" },
	{ "core", "askpass" },
	{ "core", "editor" },
	{ "core", "gitproxy" },
	{ "core", "pager" },
	{ "core", "sshcommand" },
	{ "credential", "helper" },
	{ "diff", "command" },
	{ "diff", "external" },
	{ "diff", "textconv" },
	{ "filter", "clean" },
	{ "filter", "process" },
	{ "filter", "smudge" },
	{ "gc", "recentobjectshook" },
	{ "gpg", "defaultkeycommand" },
	{ "gpg", "program" },
	{ "hook", "command" },
	{ "lfs", "clean" },
	{ "lfs", "path" },
	{ "lfs", "smudge" },
	{ "merge", "driver" },
	{ "remote", "receivepack" },
	{ "remote", "uploadpack" },
	{ "remote", "vcs" },
	{ "sequence", "editor" },
	{ "submodule", "update" },
	{ "tar", "command" },
	{ "trailer", "cmd" },
	{ "trailer", "command" },
	{ "uploadpack", "packobjectshook" },
};

/* What makes other files count. */
static const char *const more[] = { "include", "includeif", "worktree",
	"worktreeconfig" };

/* What `git lfs install --local` writes is the same program for everybody. */
static bool
is_lfs(const char *value)
{
	static const char *const known[] = { "git-lfs clean -- %f",
		"git-lfs smudge -- %f", "git-lfs smudge --skip -- %f",
		"git-lfs filter-process", "git-lfs filter-process --skip" };
	size_t i;

	for (i = 0; value && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(value, known[i]) == 0)
			return true;
	return false;
}

static bool
names_program(const struct gv_config_entry *e)
{
	const char *dot = strchr(e->key, '.'), *last = strrchr(e->key, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(runs) / sizeof(runs[0]); i++)
		if (strlen(runs[i][0]) == (size_t)(dot - e->key) &&
		    strncmp(runs[i][0], e->key, (size_t)(dot - e->key)) == 0 &&
		    (runs[i][1][0] == '*' || strcmp(runs[i][1], last + 1) == 0))
			return !is_lfs(e->value);
	return false;
}

const char *
gv_fleet_guard_find(const struct gv_config *config)
{
	size_t i;

	for (i = 0; i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];

		if ((e->scope == GV_CONFIG_LOCAL ||
			e->scope == GV_CONFIG_WORKTREE) &&
		    names_program(e))
			return e->key;
	}
	return NULL;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_word(const char *word, const char *p, size_t len)
{
	return strlen(word) == len && strncasecmp(word, p, len) == 0;
}

static bool
is_suspect(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (is_word(
			runs[i][1][0] == '*' ? runs[i][0] : runs[i][1], p, len))
			return true;
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (is_word(more[i], p, len))
			return true;
	return false;
}

/* Names of settings stand as they are, whatever values hide by quotes. */
bool
gv_fleet_guard_is_plain(const char *text, size_t len)
{
	const char *p = text, *end = text + len, *word;

	while (p < end) {
		for (word = p; p < end && is_letter(*p); p++)
			;
		if (p > word && is_suspect(word, (size_t)(p - word)))
			return false;
		p += p == word;
	}
	return true;
}

/* ---- a repository -------------------------------------------------------- */

/* 1 where its file is plain; 0 where git is to be asked; GV_ENOMEM. */
static int
is_plain_file(const char *path, enum gv_fleet_kind kind)
{
	struct gv_buf file = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	gv_buf_addf(&file, "%s%s", path,
	    kind == GV_FLEET_TREE ? "/.git/config" : "/config");
	if ((r = gv_buf_check(&file)) == 0)
		r = gv_file_read(&text, AT_FDCWD, file.p, CONFIG_MAX);
	if (r != GV_ENOMEM) {
		gv_err_restore(before);
		r = r == 0 && gv_fleet_guard_is_plain(text.p, text.len);
	} else {
		free(before);
	}
	gv_buf_release(&file);
	gv_buf_release(&text);
	return r;
}

/* Ask git there. 0; GV_EREFUSED with what it said. */
static int
ask(struct gv_proc *p, const char *path, const char *const *argv,
    int timeout_ms)
{
	/* the configuration may be a pipe that nobody writes */
	const int r = gv_crew_git(p, path,
	    &(struct gv_proc_opts){
		.argv = argv, .timeout_ms = timeout_ms, .most = 1 << 24 });

	if (r < 0 || p->status == 0)
		return r;
	return gv_err(GV_EREFUSED, "%s", gv_proc_why(p));
}

/* Whether the files that git would take for the repository's are those of the
 * folder itself. */
static int
has_own_files(const char *path, int timeout_ms)
{
	static const char *const argv[] = { "git", "rev-parse",
		"--show-toplevel", NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *real = gv_entry_real_path(path);
	int r = real ? ask(&p, path, argv, timeout_ms)
		     : gv_err_sys("cannot enter %s", path);

	if (r == 0) {
		p.out.p[strcspn(p.out.p, "\n")] = '\0';
		r = strcmp(p.out.p, real) == 0;
	}
	free(real);
	gv_proc_release(&p);
	return r;
}

static int
refuse(struct gv_buf *why, const char *path, const char *does, const char *key)
{
	gv_buf_addf(why,
	    "nothing was run: the repository's own configuration names %s "
	    "(%s); look at it first: git -C",
	    does, key);
	gv_shell_word(why, path);
	gv_buf_addf(why, " config --local --get-all %s", key);
	return gv_buf_check(why) < 0 ? GV_ENOMEM : 1;
}

static int
ask_git(struct gv_buf *why, const char *path, int timeout_ms)
{
	static const char *const argv[] = { "git", "config", "--list", "-z",
		"--show-scope", NULL };
	struct gv_config config = { .entries = NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *key;
	size_t len;
	int r = ask(&p, path, argv, timeout_ms);

	if (r < 0)
		goto out;
	len = p.out.len;
	if ((r = gv_config_parse(&config, gv_buf_take(&p.out), len, false)) < 0)
		goto out;
	if ((key = gv_fleet_guard_find(&config)) != NULL)
		r = refuse(why, path, "a program", key);
	else if (gv_config_get(&config, WORKTREE) &&
	    (r = has_own_files(path, timeout_ms)) >= 0)
		r = r ? 0 : refuse(why, path, "another folder", WORKTREE);
out:
	gv_config_release(&config);
	gv_proc_release(&p);
	return r;
}

int
gv_fleet_guard_check(struct gv_buf *why, const char *path,
    const struct gv_fleet_look *look, int timeout_ms)
{
	const int r = look->is_read ? is_plain_file(path, look->kind) : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	return ask_git(why, path, timeout_ms);
}
