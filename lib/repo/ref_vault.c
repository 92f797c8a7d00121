#include "repo/ref_vault.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/ref_internal.h"
#include "repo/repo.h"
#include "sys/file.h"

static bool
is_own_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid();
}

bool
gv_ref_vault_is_plain(const char *worktree, const char *git_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/commondir", git_dir);
	is = gv_buf_check(&path) == 0 && is_own_folder(worktree) &&
	    is_own_folder(git_dir) && !gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

int
gv_ref_vault_read(struct gv_refs *out, const char *common_dir,
    const char *const *names, const char *prefix)
{
	static const char *const none[] = { NULL };
	/* of a repository, reading its files needs only that */
	const struct gv_repo repo = { .common_dir =
					  (char *)(uintptr_t)common_dir };
	int r = gv_ref_read(out, &repo, names ? names : none, prefix);

	if (r == 0 && names == NULL)
		r = gv_ref_read_below(out, &repo, prefix);
	return r;
}
