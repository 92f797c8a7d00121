#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "graph/depgraph_fact.h"
#include "graph/depgraph_internal.h"
#include "object/odb.h"
#include "sys/dir.h"

/*
 * Terraform reads what a symbolic link in a folder leads to as a file of that
 * folder: stacks share their variables that way. Such a link has the symbols of
 * its file.
 */

bool
gv_depgraph_is_followed(const struct gv_depgraph_file *file)
{
	if (!(file->flags & GV_DEPGRAPH_LINK))
		return false;
	switch ((enum gv_symbol_dialect)file->dialect) {
	case GV_SYMBOL_DIALECT_TERRAFORM:
	case GV_SYMBOL_DIALECT_TERRAFORM_JSON:
	case GV_SYMBOL_DIALECT_TFVARS:
	case GV_SYMBOL_DIALECT_TFVARS_JSON:
		return true;
	default:
		return false;
	}
}

/* Append where a link leads. Whether that is known. */
static bool
read_link(struct gv_buf *out, const struct gv_depgraph_following *f,
    const struct gv_depgraph_file *file)
{
	const struct gv_depgraph_blob *blob = &f->blobs[file->given];
	struct gv_object object = { .data = NULL };
	char text[PATH_MAX];
	char *before;
	ssize_t n;

	if (!blob->is_stored) {
		n = gv_dir_read_link(
		    f->root, file->path, file->len, text, sizeof(text));
		if (n > 0)
			gv_buf_add(out, text, (size_t)n);
		return n > 0 && (size_t)n < sizeof(text);
	}
	before = gv_err_save();
	if (gv_odb_read_type(f->odb, &object, &blob->id, GV_OTYPE_BLOB) == 0 &&
	    object.len < sizeof(text))
		gv_buf_add(out, object.data, object.len);
	gv_object_release(&object);
	gv_err_restore(before);
	return out->len > 0;
}

/* The file of this graph that a link leads to; GV_DEPGRAPH_NONE. */
static uint32_t
target_of(
    const struct gv_depgraph_following *f, const struct gv_depgraph_file *file)
{
	const struct gv_depgraph_folder *folder = &f->g->folders[file->folder];
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	uint32_t at = GV_DEPGRAPH_NONE;

	gv_buf_add(&path, folder->path, folder->len);
	if (read_link(&text, f, file) && gv_buf_check(&text) == 0 &&
	    *text.p != '/' && gv_depgraph_append(&path, text.p, text.len) &&
	    gv_buf_check(&path) == 0)
		at = gv_depgraph_find_file(f->g, path.p, path.len);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return at;
}

void
gv_depgraph_follow(
    struct gv_depgraph_bytes *all, const struct gv_depgraph_following *f)
{
	uint32_t i, at;

	for (i = 0; i < f->g->n_files; i++) {
		const struct gv_depgraph_file *file = &f->g->files[i];

		if (!gv_depgraph_is_followed(file) ||
		    (at = target_of(f, file)) == GV_DEPGRAPH_NONE)
			continue;
		/* a chain of links ends here: nobody is led in circles */
		if (!(f->g->files[at].flags & GV_DEPGRAPH_LINK) &&
		    f->g->files[at].dialect == file->dialect)
			all[i] = all[at];
	}
}
