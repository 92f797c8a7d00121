#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "hook/hook_internal.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/hook_script.h"

/*
 * husky writes the files that git runs, .husky/_/NAME, again whenever it is
 * installed; what it runs from there, .husky/NAME, is the project's, and is
 * committed. So lines are added to that file, which are the same on each host
 * and do nothing where there is no vault/hooks/NAME in the git directory: there
 * stands our hook.
 *
 * A hook that reads has its input taken in at the top, for what stands between
 * and for ours at the end.
 */
#define BEGIN   "# git-vault begin"
#define JOINED  ", after a line without an end"
#define END     "# git-vault end\n"
#define MADE    "#!/bin/sh\n# made by git-vault\n"
#define SHEBANG "#!"

static const char top_text[] = "git_vault_input=$(command -p cat)\n"
			       "if test -n \"$git_vault_input\"\n"
			       "then\n"
			       "\texec <<GIT_VAULT_END\n"
			       "$git_vault_input\n"
			       "GIT_VAULT_END\n"
			       "else\n"
			       "\texec </dev/null\n"
			       "fi\n";

static const char call_text[] =
    "git_vault=$(git rev-parse --git-common-dir)/vault/hooks/%s\n"
    "test ! -x \"$git_vault\" || \"$git_vault\" \"$@\"\n";

static const char feed_text[] =
    "git_vault=$(git rev-parse --git-common-dir)/vault/hooks/%s\n"
    "test ! -x \"$git_vault\" ||\n"
    "\tprintf \"${git_vault_input:+%%s\\\\n}\" \"$git_vault_input\" |\n"
    "\t\"$git_vault\" \"$@\"\n";

/* --- the file of the project --- */

/* The next block of git-vault: where it begins and what is behind it, or NULL.
 */
static const char *
find_block(const char *text, const char **behind)
{
	const char *p = text, *end;

	while ((p = strstr(p, BEGIN)) && p > text && p[-1] != '\n')
		p++;
	end = p ? strstr(p, "\n" END) : NULL;
	if (end)
		*behind = end + 1 + strlen(END);
	return end ? p : NULL;
}

/* All but the blocks. */
static void
strip(struct gv_buf *out, const char *text)
{
	const char *block, *behind;

	for (; (block = find_block(text, &behind)); text = behind) {
		gv_buf_add(out, text, (size_t)(block - text));
		if (strncmp(block, BEGIN JOINED, strlen(BEGIN JOINED)) == 0 &&
		    out->len)
			gv_buf_truncate(out, out->len - 1);
	}
	gv_buf_addstr(out, text);
}

static void
add_block(struct gv_buf *out, const char *text, const char *name)
{
	const bool is_joined = out->len && out->p[out->len - 1] != '\n';

	gv_buf_addf(out, "%s" BEGIN "%s\n", is_joined ? "\n" : "",
	    is_joined ? JOINED : "");
	for (; *text; text++) {
		if (text[0] == '%' && text[1] == 's') {
			gv_buf_addstr(out, name);
			text++;
		} else {
			text += text[0] == '%' && text[1] == '%';
			gv_buf_addch(out, *text);
		}
	}
	gv_buf_addstr(out, END);
}

/* What it is to be, from what it is without us. */
static void
build(struct gv_buf *out, const struct gv_buf *bare, const struct gv_hook *hook)
{
	const char *p = bare->len ? bare->p : MADE, *nl = NULL;

	if (hook->reads) {
		if (strncmp(p, SHEBANG, strlen(SHEBANG)) == 0)
			nl = strchr(p, '\n');
		if (nl) {
			gv_buf_add(out, p, (size_t)(nl + 1 - p));
			p = nl + 1;
		}
		add_block(out, top_text, hook->name);
	}
	gv_buf_addstr(out, p);
	add_block(out, hook->reads ? feed_text : call_text, hook->name);
}

/* Whether a line of sh may stand in it: husky runs what has no "#!" by sh. */
static bool
is_of_sh(const char *text)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ksh",
		"zsh", "husky", NULL };
	char line[256], *rest = NULL;
	const char *word, *const *shell;
	size_t n = strcspn(text, "\n");

	if (strncmp(text, SHEBANG, strlen(SHEBANG)) != 0)
		return true;
	if (n >= sizeof(line))
		return false;
	memcpy(line, text + 2, n - 2);
	line[n - 2] = '\0';
	for (word = strtok_r(line, " \t\r", &rest); word;
	     word = strtok_r(NULL, " \t\r", &rest)) {
		const char *slash = strrchr(word, '/');

		for (shell = shells; *shell; shell++)
			if (strcmp(slash ? slash + 1 : word, *shell) == 0)
				return true;
	}
	return false;
}

static const char ends[] =
    "a line ends it by exit or exec before git vault's line, which therefore "
    "does not run: remove that line, or move it to the end";

/* Whether a line that stands in no block, which it would be indented in, leaves
 * the file before it comes to ours at its end. */
static bool
is_left(const char *text)
{
	const char *p = text;
	size_t n;

	for (; *p; p += n + (p[n] != '\0')) {
		n = strcspn(p, "\n");
		if (strncmp(p, "exit", 4) == 0 && strchr(" \t;\n", p[4]))
			return true;
		/* exec with a word runs another program in its place */
		if (strncmp(p, "exec", 4) == 0 &&
		    (p[4] == ' ' || p[4] == '\t') &&
		    !strchr("<>0123456789", p[4 + strspn(p + 4, " \t")]))
			return true;
	}
	return false;
}

/* The file as it is, and without us; nothing where there is none. 1; 0 for a
 * file that is left unchanged. */
static int
read_file(struct gv_buf *is, struct gv_buf *bare, int dir, const char *name)
{
	struct stat st;
	int r;

	if (gv_entry_stat(dir, name, &st) < 0)
		return 1;
	if (!S_ISREG(st.st_mode))
		return 0;
	if ((r = gv_file_read(is, dir, name, GV_HOOK_MAX)) == 0 &&
	    strlen(is->p) != is->len)
		return 0;
	strip(bare, is->p);
	if (strcmp(bare->p, MADE) == 0)
		gv_buf_reset(bare);
	if (r == 0 && is->len == bare->len && !is_of_sh(is->p))
		return 0;
	return r < 0 ? r : gv_buf_check(bare) < 0 ? GV_ENOMEM : 1;
}

/* Its rights stay as they are. */
static int
write_file(struct gv_hook_report *report, int dir, const char *name,
    const struct gv_buf *text)
{
	const struct gv_entry_meta none = { .uid = (uid_t)-1,
		.gid = (gid_t)-1 };
	struct gv_entry_meta meta = none;
	unsigned refused = 0;
	struct stat st;
	bool is_new = gv_entry_stat(dir, name, &st) < 0;
	int r = gv_file_replace(dir, name, text->p, text->len, 0777, true);

	if (r == 0 && !is_new) {
		meta.mode = st.st_mode & 07777;
		if (gv_entry_set_at(dir, name, &meta, &refused) < 0)
			r = gv_err_sys("cannot set the rights");
	}
	return r < 0 ? gv_err_in(r, "%s/%s", report->dir, name) : 0;
}

/* --- all of it --- */

static const char *
stub_of(struct gv_hook_report *report, const struct gv_hook *hook)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *copy = NULL;

	gv_buf_addf(&path, "%s/%s", report->own, hook->name);
	if (gv_buf_check(&path) == 0)
		copy = gv_arena_copy(&report->arena, path.p, path.len);
	gv_buf_release(&path);
	return copy ? copy : "";
}

static enum gv_hook_state
state_of(const struct gv_buf *is, const struct gv_buf *bare, bool has_stub)
{
	if (is->len > bare->len && has_stub)
		return bare->len ? GV_HOOK_CHAINED : GV_HOOK_OURS;
	return bare->len ? GV_HOOK_FOREIGN : GV_HOOK_ABSENT;
}

int
gv_hook_husky_look(
    struct gv_hook_report *report, int dir, struct gv_hook_step *step)
{
	struct gv_buf is = GV_BUF_INIT, bare = GV_BUF_INIT;
	int r = read_file(&is, &bare, dir, step->hook->name);

	if (r == 0)
		step->state = GV_HOOK_FOREIGN;
	else if (r > 0)
		step->state = state_of(&is, &bare,
		    gv_hook_is_ours(AT_FDCWD, stub_of(report, step->hook)));
	step->manager = step->state != GV_HOOK_ABSENT ? "husky" : NULL;
	if (step->state == GV_HOOK_CHAINED && is_left(bare.p))
		step->why = ends;
	gv_buf_release(&is);
	gv_buf_release(&bare);
	return r < 0 ? r : 0;
}

static int
put_stub(struct gv_hook_report *report, const char *path,
    const struct gv_buf *stub, bool *is_new)
{
	struct gv_buf is = GV_BUF_INIT;
	int r = 0;

	*is_new = gv_file_read(&is, AT_FDCWD, path, GV_HOOK_MAX) < 0 ||
	    strcmp(is.p, stub->p) != 0;
	gv_buf_release(&is);
	if (!*is_new)
		return 0;
	r = gv_file_mkdirs(AT_FDCWD, report->own, 0777);
	return r < 0
	    ? r
	    : gv_file_replace(AT_FDCWD, path, stub->p, stub->len, 0777, true);
}

int
gv_hook_husky_put(
    struct gv_hook_report *report, int dir, const struct gv_buf *stub)
{
	struct gv_hook_step *step = &report->steps[report->n - 1];
	struct gv_buf is = GV_BUF_INIT, bare = GV_BUF_INIT, text = GV_BUF_INIT;
	const char *name = step->hook->name;
	bool is_new = false;
	int r = read_file(&is, &bare, dir, name);

	if (r == 0) {
		step->action = GV_HOOK_REFUSED;
		step->why = "it is no script of sh, so no line is added to it";
	}
	if (r <= 0)
		goto out;
	r = put_stub(report, stub_of(report, step->hook), stub, &is_new);
	build(&text, &bare, step->hook);
	if (r == 0 && (r = gv_buf_check(&text)) == 0 &&
	    strcmp(is.p, text.p) != 0) {
		r = write_file(report, dir, name, &text);
		is_new = true;
	}
	if (r == 0 && is_new)
		step->action = GV_HOOK_ADDED;
	step->state = bare.len ? GV_HOOK_CHAINED : GV_HOOK_OURS;
	if (bare.len && is_left(bare.p))
		step->why = ends;
	step->manager = "husky";
out:
	gv_buf_release(&is);
	gv_buf_release(&bare);
	gv_buf_release(&text);
	return r < 0 ? r : 0;
}

int
gv_hook_husky_drop(struct gv_hook_report *report, int dir)
{
	struct gv_hook_step *step = &report->steps[report->n - 1];
	struct gv_buf is = GV_BUF_INIT, bare = GV_BUF_INIT;
	const char *name = step->hook->name;
	const char *stub = stub_of(report, step->hook);
	int r = read_file(&is, &bare, dir, name);

	if (r > 0 && is.len > bare.len) {
		if (bare.len)
			r = write_file(report, dir, name, &bare);
		else if (gv_entry_unlink(dir, name) < 0)
			r = gv_err_sys(
			    "cannot remove %s/%s", report->dir, name);
		if (r >= 0)
			step->action = GV_HOOK_REMOVED;
	}
	if (r >= 0 && gv_hook_is_ours(AT_FDCWD, stub)) {
		r = gv_file_remove_tree(AT_FDCWD, stub);
		if (r >= 0)
			step->action = GV_HOOK_REMOVED;
	}
	step->state = bare.len ? GV_HOOK_FOREIGN : GV_HOOK_ABSENT;
	step->manager = bare.len ? "husky" : NULL;
	gv_buf_release(&is);
	gv_buf_release(&bare);
	return r < 0 ? r : 0;
}
