#include "sys/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

/* Pages that are there already come with the call, where reading would copy
 * them and take a fault for each. */
#if defined(MAP_POPULATE) && !defined(GV_PORTABLE)
#define POPULATE MAP_POPULATE
#else
#define POPULATE 0
#endif

static int
map_open(
    struct gv_file_map *out, int fd, const char *path, size_t max, int flags)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return gv_err_sys("cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return gv_err(GV_EREFUSED, "%s is no regular file", path);
	if ((uintmax_t)st.st_size > max)
		return gv_err(
		    GV_EREFUSED, "%s is larger than %zu bytes", path, max);
	out->len = (size_t)st.st_size;
	if (out->len == 0)
		return 0;
	p = mmap(NULL, out->len, PROT_READ, MAP_PRIVATE | flags, fd, 0);
	if (p == MAP_FAILED)
		return gv_err_sys("cannot map %s", path);
	out->p = p;
	return 0;
}

static int
map(struct gv_file_map *out, int dirfd, const char *path, size_t max, int flags)
{
	struct gv_file_map found = { 0 };
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;

	if (fd < 0)
		return gv_err_sys("cannot open %s", path);
	r = map_open(&found, fd, path, max, flags);
	close(fd);
	if (r == 0)
		*out = found;
	return r;
}

int
gv_file_map(struct gv_file_map *out, int dirfd, const char *path, size_t max)
{
	return map(out, dirfd, path, max, POPULATE);
}

int
gv_file_map_places(
    struct gv_file_map *out, int dirfd, const char *path, size_t max)
{
	return map(out, dirfd, path, max, 0);
}

int
gv_file_map_own(struct gv_file_map *map)
{
	return map->len == 0 ||
		mprotect((void *)(uintptr_t)map->p, map->len,
		    PROT_READ | PROT_WRITE) == 0
	    ? 0
	    : gv_err_sys("cannot write to mapped memory");
}

void
gv_file_unmap(struct gv_file_map *map)
{
	if (map == NULL)
		return;
	if (map->p)
		munmap((void *)(uintptr_t)map->p, map->len);
	memset(map, 0, sizeof(*map));
}
