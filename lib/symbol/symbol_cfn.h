#ifndef GV_SYMBOL_CFN_H
#define GV_SYMBOL_CFN_H
/*
 * What is known of a template of CloudFormation while it is read.
 *
 *	gv_symbol_cfn_refs(&t, resource);
 */

#include "base/map.h"
#include "symbol/symbol_writer.h"

struct gv_symbol_cfn {
	struct gv_symbol_writer w;
	struct gv_map parameters, resources; /* by name: its node + 1 */
	bool is_sam;     /* SAM makes resources that are not written */
	bool has_macros; /* a macro makes what it likes */
};

/* Add what the functions in a node refer to, and the files that its properties
 * name. */
void gv_symbol_cfn_refs(struct gv_symbol_cfn *t, uint32_t node);

/* Make `text` the name that a scalar, !Sub or !Join gives, with its computed
 * parts as "${…}". Whether there is one. */
bool gv_symbol_cfn_name(struct gv_symbol_writer *w, uint32_t node);

#endif
