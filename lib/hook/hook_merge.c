#include "hook/hook_merge.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "vault/setting.h"

#define ATTRIBUTES_MAX ((size_t)1024 * 1024)
#define KEY            "merge." GV_HOOK_MERGE_NAME

static const char begin[] =
    "# git-vault: begin; 'git vault hooks uninstall' takes these lines out\n";
static const char end[] = "# git-vault: end\n";

/* Files that may be layers, by the layouts of git-vault-config(1); EXT is each
 * of the endings below. Lock files and the like of other tools are not. */
static const char *const patterns[] = { "**/config/*.EXT", "**/config/*/*.EXT",
	"values*.EXT", "*.values.EXT", "**/values/*.EXT",
	"**/environments/*.EXT", "**/hieradata/**/*.EXT",
	"**/group_vars/**/*.EXT", "application*.EXT", "**/base/config.EXT",
	"**/base/values.EXT", "**/base/settings.EXT", "**/overlays/**/*.EXT",
	".env", ".env.*", "*.tfvars", "*.tfvars.json", NULL };
static const char *const exts[] = { "yaml", "yml", "json", NULL };

/* ---- the file of attributes ---------------------------------------------- */

static void
add_pattern(struct gv_buf *out, const char *pattern)
{
	const char *ext = strstr(pattern, "EXT");
	size_t i;

	for (i = 0; exts[i]; i++) {
		if (ext == NULL) {
			gv_buf_addf(
			    out, "%s merge=" GV_HOOK_MERGE_NAME "\n", pattern);
			return;
		}
		gv_buf_addf(out, "%.*s%s merge=" GV_HOOK_MERGE_NAME "\n",
		    (int)(ext - pattern), pattern, exts[i]);
	}
}

/* Append the file without our lines. */
static void
add_others(struct gv_buf *out, const struct gv_buf *was)
{
	const char *from = memmem(was->p, was->len, begin, strlen(begin));
	const char *rest, *stop = was->p + was->len;

	if (from == NULL) {
		gv_buf_add(out, was->p, was->len);
		return;
	}
	gv_buf_add(out, was->p, (size_t)(from - was->p));
	rest = memmem(from, (size_t)(stop - from), end, strlen(end));
	if (rest)
		gv_buf_add(out, rest + strlen(end),
		    (size_t)(stop - rest) - strlen(end));
}

static void
add_ours(struct gv_buf *out)
{
	size_t i;

	if (out->len && out->p[out->len - 1] != '\n')
		gv_buf_addch(out, '\n');
	gv_buf_addstr(out, begin);
	for (i = 0; patterns[i]; i++)
		add_pattern(out, patterns[i]);
	gv_buf_addstr(out, end);
}

/* Have the file be with our lines, or without. */
static int
change_file(bool *changed, const struct gv_repo *repo, bool with)
{
	struct gv_buf was = GV_BUF_INIT, now = GV_BUF_INIT;
	struct gv_buf path = GV_BUF_INIT, dir = GV_BUF_INIT;
	int r;

	gv_buf_addf(&dir, "%s/info", repo->common_dir);
	gv_buf_addf(&path, "%s/info/attributes", repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 || (r = gv_buf_check(&dir)) < 0)
		goto out;
	r = gv_file_read(&was, AT_FDCWD, path.p, ATTRIBUTES_MAX);
	if (r == GV_ENOTFOUND)
		r = 0;
	if (r < 0)
		goto out;
	add_others(&now, &was);
	if (with)
		add_ours(&now);
	if ((r = gv_buf_check(&now)) < 0 || gv_buf_equal(&was, &now))
		goto out;
	*changed = true;
	if ((r = gv_file_mkdirs(AT_FDCWD, dir.p, 0777)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, now.p, now.len, 0666, false);
out:
	gv_buf_release(&was);
	gv_buf_release(&now);
	gv_buf_release(&path);
	gv_buf_release(&dir);
	return r;
}

/* ---- git's configuration ------------------------------------------------- */

/* Git merges lines itself where the program is gone, or fails: git-vault has
 * not changed the file then. */
static int
add_command(struct gv_buf *out, const char *program)
{
	struct gv_buf quoted = GV_BUF_INIT;
	size_t i;

	gv_shell_quote(&quoted, program);
	gv_buf_addstr(out, "p=");
	for (i = 0; i < quoted.len; i++)
		gv_buf_addf(
		    out, "%c%s", quoted.p[i], quoted.p[i] == '%' ? "%" : "");
	gv_buf_release(&quoted);
	gv_buf_addstr(out,
	    "; test -x \"$p\" || p=$(command -v git-vault); s=2; "
	    "test -z \"$p\" || { "
	    "\"$p\" config merge-file -- %O %A %B %P %L; s=$?; }; "
	    "test $s -lt 2 && exit $s; "
	    "exec git merge-file --marker-size=%L -L ours -L base -L theirs "
	    "%A %O %B");
	return gv_buf_check(out);
}

int
gv_hook_merge_install(
    bool *changed, const struct gv_repo *repo, const char *program)
{
	struct gv_buf command = GV_BUF_INIT;
	int r;

	*changed = false;
	if ((r = add_command(&command, program)) == 0 &&
	    (r = gv_setting_del(KEY ".driver", NULL)) == 0 &&
	    (r = gv_setting_add(KEY ".driver", command.p)) == 0 &&
	    (r = gv_setting_add(KEY ".name", "merge configuration by key")) ==
		0)
		r = change_file(changed, repo, true);
	gv_buf_release(&command);
	return r;
}

int
gv_hook_merge_uninstall(bool *changed, const struct gv_repo *repo)
{
	int r;

	*changed = false;
	if ((r = change_file(changed, repo, false)) == 0 &&
	    (r = gv_setting_del(KEY ".driver", NULL)) == 0)
		r = gv_setting_del(KEY ".name", NULL);
	return r;
}

int
gv_hook_merge_is(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, was = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/info/attributes", repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&was, AT_FDCWD, path.p, ATTRIBUTES_MAX);
	if (r == 0)
		r = memmem(was.p, was.len, begin, strlen(begin)) != NULL;
	gv_buf_release(&path);
	gv_buf_release(&was);
	return r == GV_ENOTFOUND ? 0 : r;
}
