extension PatternFamily {
  /// The memories that patterns of a clash-free family are made for; `nil` for the other families.
  public var memories: Int? { (rule as? ClashFreeRule)?.memories }
}
