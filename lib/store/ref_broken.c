#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "store/ref.h"
#include "store/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

#define MAX_REF 4096

/* A power failure leaves it empty, or full of zero bytes. Git passes over it
 * then, with a warning where it looks for it by its name. */
static int
is_broken(int fd, const char *name)
{
	static const char link[] = "ref: ";
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	int r = gv_file_read(&text, fd, name, MAX_REF);
	bool is_ref = r == 0 &&
	    (strncmp(text.p, link, sizeof(link) - 1) == 0 ||
		(text.len >= GV_OID_HEX && gv_oid_parse(&id, text.p) == 0 &&
		    !gv_oid_is_zero(&id) &&
		    (text.p[GV_OID_HEX] == '\0' ||
			strchr(" \t\r\n", text.p[GV_OID_HEX]))));

	gv_buf_release(&text);
	if (r == GV_ENOMEM)
		return r;
	/* one that went meanwhile is in packed-refs, or deleted */
	return r != GV_ENOTFOUND && !is_ref;
}

int
gv_ref_broken(
    struct gv_buf *out, const struct gv_repo *repo, const char *prefix)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd = -1, r;

	gv_buf_addf(&path, "%s/%s", repo->common_dir, prefix);
	r = gv_buf_check(&path);
	if (r == 0)
		fd = gv_dir_open_root(path.p);
	gv_buf_release(&path);
	if (fd < 0)
		return r < 0 || errno == ENOENT || errno == ENOTDIR
		    ? r
		    : gv_err_sys("cannot look into %s", prefix);
	r = gv_dir_list(&names, fd);
	for (i = 0; r == 0 && i < names.n; i++) {
		const struct gv_dir_name *name = &names.names[i];

		if (name->type != DT_REG ||
		    (name->len > 5 &&
			strcmp(name->name + name->len - 5, ".lock") == 0))
			continue;
		r = is_broken(fd, name->name);
		if (r > 0)
			gv_buf_addf(out, "%s%s\n", prefix, name->name);
		r = r < 0 ? r : 0;
	}
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return r < 0 ? r : gv_buf_check(out);
}
