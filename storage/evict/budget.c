#include "storage/evict/budget.h"

#include "storage/evict/policy.h"

#define SAMPLES_DEFAULT 5

/* All shards together are then off by at most a five-hundredth of the limit. */
#define GRAIN_MAX  2048
#define GRAIN_PART 32768

void budget_init(struct budget *budget, bool one_shard)
{
    *budget = (struct budget){ .policy = &evict_none, .samples = SAMPLES_DEFAULT, .one_shard = one_shard };
    budget_set_limit(budget, 0);
}

void budget_set_limit(struct budget *budget, size_t limit_bytes)
{
    size_t grain = limit_bytes / GRAIN_PART;
    if (limit_bytes == 0 || grain > GRAIN_MAX) grain = GRAIN_MAX;
    atomic_store(&budget->grain_bytes, budget->one_shard ? 0 : grain);
    atomic_store(&budget->limit_bytes, limit_bytes);
}

void budget_set_rules(struct budget *budget, const struct budget_rules *rules)
{
    const struct evict_policy *policy = rules->policy != NULL ? rules->policy : &evict_none;
    atomic_store(&budget->samples, rules->samples > 0 ? rules->samples : SAMPLES_DEFAULT);
    atomic_store(&budget->lfu_log_factor, rules->lfu_log_factor);
    atomic_store(&budget->lfu_decay_minutes, rules->lfu_decay_minutes);
    atomic_store(&budget->volatile_only, rules->volatile_only);
    atomic_store(&budget->policy, policy);
}
