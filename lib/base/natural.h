#ifndef GV_NATURAL_H
#define GV_NATURAL_H
/*
 * Names in the order that people expect: numbers in them count as numbers, so
 * that e2 comes before e10. For what is shown; what is stored is in the order
 * of its bytes.
 *
 *	return gv_natural_compare(x->name, y->name);
 */

/* As strcmp(). 0 only for the same text: "e1" and "e01" are in a fixed order,
 * too. */
int gv_natural_compare(const char *a, const char *b);

#endif
