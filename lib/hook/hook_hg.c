#include "hook/hook_hg.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/shell.h"
#include "sys/dir.h"
#include "sys/file.h"

#define BEGIN "# git-vault: begin (git vault hooks uninstall removes this)\n"
#define END   "# git-vault: end\n"
#define MAX   ((size_t)1024 * 1024)

/* Find the beginning and the end of our lines; both NULL without such lines. */
static int
find(const char **from, const char **to, const struct gv_buf *text)
{
	*from = text->len ? strstr(text->p, BEGIN) : NULL;
	*to = *from ? strstr(*from, END) : NULL;
	if (*from && *to == NULL)
		return gv_err(GV_EREFUSED,
		    "its hgrc has a line '# git-vault: begin', and no '# "
		    "git-vault: end'; add that line behind the hooks");
	if (*to)
		*to += sizeof(END) - 1;
	return 0;
}

/* A failed snapshot fails no command of hg. */
static void
add_lines(struct gv_buf *out, const char *program)
{
	static const char *const hooks[] = { "commit", "update", NULL };
	size_t i;

	if (out->len && out->p[out->len - 1] != '\n')
		gv_buf_addch(out, '\n');
	gv_buf_addstr(out, BEGIN "[hooks]\n");
	for (i = 0; hooks[i]; i++) {
		gv_buf_addf(out, "%s.git-vault =", hooks[i]);
		gv_shell_word(out, program);
		gv_buf_addstr(
		    out, " -q snapshot --trigger hook >/dev/null || true\n");
	}
	gv_buf_addstr(out, END);
}

int
gv_hook_hg_edit(
    struct gv_buf *out, const char *text, size_t len, const char *program)
{
	struct gv_buf copy = GV_BUF_INIT;
	const char *from, *to;
	int r;

	gv_buf_add(&copy, text, len);
	if ((r = gv_buf_check(&copy)) < 0 || (r = find(&from, &to, &copy)) < 0)
		goto out;
	gv_buf_add(out, copy.p, from ? (size_t)(from - copy.p) : copy.len);
	if (to)
		gv_buf_add(out, to, (size_t)(copy.p + copy.len - to));
	if (program)
		add_lines(out, program);
	r = gv_buf_check(out);
out:
	gv_buf_release(&copy);
	return r;
}

static int
read_hgrc(struct gv_buf *path, struct gv_buf *text, const char *git_dir)
{
	int r;

	gv_buf_addf(path, "%s/../hgrc", git_dir);
	if ((r = gv_buf_check(path)) < 0 || !gv_file_exists(AT_FDCWD, path->p))
		return r;
	return gv_file_read(text, AT_FDCWD, path->p, MAX);
}

/* It may hold passwords: who can read it stays as it was. */
static int
write_hgrc(const char *path, const struct gv_buf *text)
{
	struct stat st;
	mode_t mode = 0644;
	char *target;
	int r = gv_file_target(&target, path, "hooks are set in a file alone");

	if (r < 0)
		return r;
	if (gv_dir_stat(AT_FDCWD, target, strlen(target), &st) == 0)
		mode = st.st_mode & 0777;
	r = gv_file_replace(AT_FDCWD, target, text->p, text->len, mode, true);
	free(target);
	return r;
}

int
gv_hook_hg_set(bool *changed, const char *git_dir, const char *program)
{
	struct gv_buf path = GV_BUF_INIT, was = GV_BUF_INIT, is = GV_BUF_INIT;
	int r;

	*changed = false;
	if ((r = read_hgrc(&path, &was, git_dir)) < 0 ||
	    (r = gv_hook_hg_edit(&is, was.p ? was.p : "", was.len, program)) <
		0)
		goto out;
	*changed = !gv_buf_equal(&was, &is);
	if (*changed)
		r = write_hgrc(path.p, &is);
out:
	gv_buf_release(&path);
	gv_buf_release(&was);
	gv_buf_release(&is);
	return r;
}

int
gv_hook_hg_is(bool *is, const char *git_dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = read_hgrc(&path, &text, git_dir);

	*is = r == 0 && text.len && strstr(text.p, BEGIN);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : 0;
}
