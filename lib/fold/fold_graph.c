#include "fold/fold_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "object/graph.h"

int
gv_fold_graph(const struct gv_fold_run *run)
{
	const struct gv_odb_own *own = &run->own;
	struct gv_oid *gone = calloc(own->n_objects + 1, sizeof(*gone));
	size_t i, n = 0;
	int r;

	if (gone == NULL)
		return gv_err_nomem();
	for (i = 0; i < own->n_objects; i++)
		if (own->objects[i].fate == GV_ODB_OWN_GOES &&
		    own->objects[i].type == GV_OTYPE_COMMIT)
			gone[n++] = own->objects[i].oid;
	r = n ? gv_graph_forget(run->repo, gone, n) : 0;
	free(gone);
	return r < 0 ? gv_err_in(r, "nothing is deleted") : 0;
}
