#ifndef GV_HCL_INTERNAL_H
#define GV_HCL_INTERNAL_H
/* What the readers of both forms share: which blocks they give, and which
 * arguments of them. */

#include "infra/hcl.h"

/* Whether a name may begin with this byte, and go on with it. */
bool gv_hcl_begins_word(unsigned char c);
bool gv_hcl_is_of_word(unsigned char c);

/* A block while it is read. */
struct gv_hcl_opening {
	bool is_wanted, is_check; /* is_check: data may stand in it */
	size_t n_labels, n_wanted;
	struct gv_hcl_block block;
};

/* Begin a block of this type, which stands in `around` (NULL: in the file).
 * Labels, line and arguments are for the caller. */
void gv_hcl_opening_begin(struct gv_hcl_opening *out,
    const struct gv_hcl_opening *around, struct gv_hcl_span type);

/* Note an argument other than `source`, whose value is read differently. */
void gv_hcl_opening_set(struct gv_hcl_opening *own, struct gv_hcl_span name,
    struct gv_hcl_span value);

#endif
