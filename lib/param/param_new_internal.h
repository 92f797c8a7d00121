#ifndef GV_PARAM_NEW_INTERNAL_H
#define GV_PARAM_NEW_INTERNAL_H
/*
 * What the parts of param_new.h share. Include it nowhere else.
 */

#include <stdbool.h>
#include <stddef.h>

#include "param/param_new.h"

/* Whether a byte can be one of a word. */
bool gv_param_new_is_letter(char c);

/* Where a word stands by itself in a text; NULL: nowhere. */
const char *gv_param_new_word(const char *text, size_t len, const char *word);

/* Add the entry of `like` in the policy, if there is one, for `name`. 0;
 * GV_EREFUSED where it cannot be added; failures. */
int gv_param_new_policy(struct gv_param_new *out, struct gv_param_pool *pool,
    const char *name, const char *like);

#endif
