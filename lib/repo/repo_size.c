#include <sys/stat.h>

#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

/* The files of a folder of objects; those of the folders in it if `below`. */
static uint64_t
measure(int root, const char *dir, size_t len, bool below)
{
	struct gv_dir_names names = { 0 };
	uint64_t sum = 0;
	struct stat st;
	size_t i;
	int fd = gv_dir_open(root, dir, len);

	if (fd < 0)
		return 0;
	if (gv_dir_list(&names, fd) == 0)
		for (i = 0; i < names.n; i++) {
			const struct gv_dir_name *e = &names.names[i];

			if (gv_dir_stat(fd, e->name, e->len, &st) < 0)
				continue;
			if (S_ISREG(st.st_mode))
				sum += (uint64_t)st.st_size;
			else if (below && S_ISDIR(st.st_mode))
				sum += measure(fd, e->name, e->len, false);
		}
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return sum;
}

uint64_t
gv_repo_size(const struct gv_repo *repo)
{
	int root = gv_dir_open_root(repo->objects_dir);
	uint64_t sum = root >= 0 ? measure(root, "", 0, true) : 0;

	gv_file_close(root);
	return sum;
}
