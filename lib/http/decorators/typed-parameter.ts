/**
 * Type of the parameter of a method or, if `Key` is `undefined`, of a constructor; `any` if the compiler does not know it.
 *
 * @inline
 */
type ParameterType<Target, Key, Index extends number> = number extends Index
  ? any
  : Key extends keyof Target
    ? Target[Key] extends (...parameters: infer Parameters) => unknown
      ? Parameters[Index]
      : any
    : Target extends abstract new (...parameters: infer Parameters) => unknown
      ? Parameters[Index]
      : any;

/**
 * A parameter decorator that compiles only if the parameter can take the injected value. So sessions of one kind are never
 * taken for those of another.
 *
 * @typeParam Value what the decorator injects
 * @publicApi
 */
export interface TypedParameterDecorator<Value> {
  <Target extends object, Key extends string | symbol | undefined, Index extends number>(
    target: Target,
    key: Key,
    index: [Value] extends [ParameterType<Target, Key, Index>]
      ? Index
      : { readonly 'The parameter must have the type': Value },
  ): void;
}
