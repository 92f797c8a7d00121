#ifndef GV_MEASURE_H
#define GV_MEASURE_H
/*
 * What a text measures: a number, a quantity of Kubernetes, a duration, the
 * size of a machine. Pure; a text counts only as a whole.
 *
 *	gv_measure_quantity(&n, "1Gi", 3);	1073741824
 *	gv_measure_duration(&n, "1h30m", 5);	5400
 */

#include <stdbool.h>
#include <stddef.h>

/* A decimal number. */
bool gv_measure_number(double *out, const char *p, size_t len);

/* A number with a suffix of Kubernetes (m, k, M, Gi, …) or KB, GiB. Without a
 * suffix it is one, too; *has_unit tells. */
bool
gv_measure_quantity(double *out, bool *has_unit, const char *p, size_t len);

/* Numbers with units of time, in seconds: "1h30m", "500ms", "7d". */
bool gv_measure_duration(double *out, const char *p, size_t len);

/* The same with a suffix that can only be of bytes: 256MB, 8Gi. */
bool gv_measure_is_bytes(const char *p, size_t len);

/* An address of IPv4, or a network of such: 10.0.0.0/16. */
bool gv_measure_is_network(const char *p, size_t len);

/* The size of a machine by what providers call it (t3.small, db.m5.2xlarge,
 * Standard_D4s_v3, n1-standard-8), larger for more; of one family only. */
bool gv_measure_machine(double *out, const char *p, size_t len);

/* Whether both measure the same of one dimension, though spelled otherwise. */
bool
gv_measure_is_same(const char *a, size_t a_len, const char *b, size_t b_len);

/* Compare what both measure: whether they can be compared; then *order is
 * negative where `a` is less. */
bool gv_measure_compare(
    int *order, const char *a, size_t a_len, const char *b, size_t b_len);

#endif
